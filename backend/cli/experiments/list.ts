import { moment, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const listExperimentsVerb = () => backendVerb('list', 'newest first').action(list);

/** Long enough to identify an experiment; `--json` has ids whole. */
const SHORT_ID = 'exp_'.length + 8;

async function list(options: VerbOptions): Promise<void> {
  const { experiments } = await json(backendClient(options).experiments.$get());
  const head = ['id', 'name', 'status', 'layer', 'traffic', 'arms', 'started'];
  const rows = experiments.map((one) => [
    one.id.slice(0, SHORT_ID),
    one.name,
    one.status,
    one.layer,
    percent(one.traffic),
    one.arms.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(', '),
    moment(one.startedAt),
  ]);
  print(
    experiments,
    () => (rows.length === 0 ? 'there is no experiment yet.' : table(head, rows)),
    options,
  );
}
