import { isDeepStrictEqual } from 'node:util';
import { decideRollout, type RolloutDecision } from './decide-rollout.ts';

/**
 * Decides a log again.
 * @throws Error at the first decision that its evidence does not give, or that does not follow from the one before.
 */
export function replayDecisions(log: readonly RolloutDecision[]): RolloutDecision[] {
  return log.map((logged, i) => {
    const { from, evidence, atMs, rules } = logged;
    const again = decideRollout(from, evidence, atMs, rules);
    const said = (of: RolloutDecision) => `${of.next.stage}: ${of.why}`;
    if (!alike(again, logged))
      throw new Error(
        `decision ${i} of the log is "${said(logged)}", but its evidence gives "${said(again)}": the log or the rules' code was changed`,
      );
    if (i > 0 && !alike(from, log[i - 1].next))
      throw new Error(
        `decision ${i} of the log starts from ${from.stage}, but the one before left ${log[i - 1].next.stage}: entries are missing or out of order`,
      );
    return again;
  });
}

/** As the log keeps them: JSON. */
const alike = (a: unknown, b: unknown): boolean => isDeepStrictEqual(asJson(a), asJson(b));

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
