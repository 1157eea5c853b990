import { counted } from '../../../shared/text/text.ts';
import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { recentRollouts, rolloutId, WHICH } from './recent.ts';

export const replayRolloutsVerb = () =>
  backendVerb('replay', 'decide again from the logged evidence; exit code 1 if anything differs')
    .argument('[rollout]', `${WHICH} (default: all)`)
    .action(replay);

async function replay(which: string | undefined, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const rollouts = await recentRollouts(client);
  const ids = which === undefined ? rollouts.map(({ id }) => id) : [rolloutId(rollouts, which)];
  const found = [];
  for (const id of ids) {
    const param = { id: segment(id) };
    found.push({ id, ...(await json(client.rollouts[':id'].replay.$get({ param }))) });
  }
  const lines = found.map(
    ({ id, decisions, problem }) =>
      `${id}: ${problem ?? `${counted(decisions, 'decision')}, the same again`}`,
  );
  print(found, () => lines.join('\n'), options);
  if (found.some(({ problem }) => problem !== null)) process.exitCode = 1;
}
