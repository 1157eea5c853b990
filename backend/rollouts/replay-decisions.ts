import { isDeepStrictEqual } from 'node:util';
import { decideRollout } from './decide-rollout.ts';
import type { RolloutDecision } from './rollout-decision.ts';

/**
 * Makes every decision of a log again from its evidence.
 * @throws Error at the first one that differs from the log, or that does not start where the one before ended.
 */
export function replayDecisions(log: readonly RolloutDecision[]): RolloutDecision[] {
  return log.map((logged, i) => {
    const { from, evidence, atMs, rules } = logged;
    const again = decideRollout(from, evidence, atMs, rules);
    const said = (of: RolloutDecision) => `${of.next.stage}: ${of.why}`;
    if (!areEqual(again, logged))
      throw new Error(
        `decision ${i} of the log is "${said(logged)}", but its evidence gives "${said(again)}": the log or the rules' code was changed`,
      );
    if (i > 0 && !areEqual(from, log[i - 1].next))
      throw new Error(
        `decision ${i} of the log starts from ${from.stage}, but the one before left ${log[i - 1].next.stage}: entries are missing or out of order`,
      );
    return again;
  });
}

/** Compared as the log stores them: as JSON. */
const areEqual = (a: unknown, b: unknown): boolean => isDeepStrictEqual(asJson(a), asJson(b));

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
