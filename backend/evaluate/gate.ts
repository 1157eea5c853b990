import type { Estimate } from './interval.ts';

/** Whether a challenger may go live: one value, stored with the run and readable by a person. */
export type GateReport =
  | {
      readonly verdict: 'promote' | 'keep champion';
      readonly gain: Estimate;
      readonly reason: string;
    }
  | { readonly verdict: 'not enough data'; readonly reason: string };

const MIN_VALIDATION_SESSIONS = 30;

/**
 * Compares challenger and champion on held-out slates.
 * @param gain mean loss of the champion minus that of the challenger per slate, clustered by session.
 */
export function judge(gain: Estimate | undefined): GateReport {
  if (gain === undefined || gain.clusters < MIN_VALIDATION_SESSIONS) {
    const reason = `${gain?.clusters ?? 0} of ${MIN_VALIDATION_SESSIONS} validation sessions with a reward`;
    return { verdict: 'not enough data', reason };
  }
  const shown = `held-out loss falls by ${gain.mean.toFixed(4)} per slate (95 %: ${gain.low.toFixed(4)} to ${gain.high.toFixed(4)})`;
  return gain.low > 0
    ? { verdict: 'promote', gain, reason: shown }
    : { verdict: 'keep champion', gain, reason: `${shown}: the interval does not lie above 0` };
}
