import { moment, table } from '../../../shared/text/text.ts';
import { backendClient } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { recentRollouts } from './recent.ts';

export const listRolloutsVerb = () => backendVerb('list', 'newest first').action(list);

async function list(options: VerbOptions): Promise<void> {
  const rollouts = await recentRollouts(backendClient(options));
  const head = ['rollout', 'challenger', 'champion', 'stage', 'since', 'why'];
  const rows = rollouts.map((one) => [
    one.id,
    one.challenger,
    one.champion,
    one.endedAt === null ? one.stage : `${one.stage}, over`,
    moment(one.since),
    one.why,
  ]);
  print(rollouts, () => (rows.length === 0 ? NONE : table(head, rows)), options);
}

const NONE = 'nothing was rolled out yet: "trimtab train" proposes what passes the gate.';
