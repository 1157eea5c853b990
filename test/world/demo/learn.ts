import { json } from '../../../backend/client/backend-client.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import { count } from '../../../shared/text/text.ts';
import type { Teller } from './story.ts';
import { trained } from './trained.ts';
import { within } from './within.ts';

/**
 * Trains once there are rankings enough, and again for as long as the gate asks for more, until a rollout takes what was
 * learned to visitors. @param notBeforeMs of `performance.now()`.
 */
export async function learn(
  { client, crowd, narrator, signal, plan: { toLearn, limitMs } }: Teller,
  name: string,
  notBeforeMs = 0,
): Promise<{ readonly version: Version; readonly rollout: string }> {
  const wanted = crowd.sent().rankings + toLearn;
  await within(
    limitMs,
    `${count(toLearn)} more rankings`,
    signal,
    () => (crowd.sent().rankings >= wanted && performance.now() >= notBeforeMs) || undefined,
  );
  let said = '';
  return within(
    limitMs,
    'the gate lets what was learned meet visitors',
    signal,
    async () => {
      const run = await trained(client, name, limitMs, signal);
      const { gate, counts, outcome } = run.progress;
      if (run.version === null || gate === undefined) {
        said = run.error ?? 'nothing was learned';
        return undefined;
      }
      said = outcome ?? gate.reason;
      narrator.line(
        `${run.version} is learned from ${count(counts?.rankings ?? 0)} rankings. The gate: ${gate.reason}.`,
      );
      const { rollouts } = await json(client.rollouts.$get({ query: {} }));
      const rollout = rollouts.find(({ challenger }) => challenger === run.version);
      return rollout && { version: run.version as Version, rollout: rollout.id };
    },
    () => said,
  );
}
