import { counted, moment } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const pruneVerb = () =>
  backendVerb('prune', 'delete what is older than the retention, now and not at night').action(
    prune,
  );

async function prune(options: VerbOptions): Promise<void> {
  const gone = await json(backendClient(options).data.prune.$post());
  print(
    gone,
    () =>
      `${counted(gone.decisions, 'ranking')}, ${counted(gone.events, 'event')}, ${counted(gone.outcomes, 'outcome')} and ${counted(gone.partitions, 'partition')} from before ${moment(gone.before)} are deleted.`,
    options,
  );
}
