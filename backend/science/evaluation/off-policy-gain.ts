import { finalUnits } from '../../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import type { LoggedSlate } from '../learn/logged-slate.ts';
import { rewardOf } from '../learn/tallies.ts';
import type { GateEvidence } from './gate.ts';
import { evaluateSlates, type OffPolicyReport } from './off-policy/off-policy-report.ts';
import { loggedDraw } from './off-policy/policy-probabilities.ts';
import {
  crossFitSlates,
  reorderedSlates,
  type LoggedRanking,
} from './off-policy/reordered-slates.ts';
import type { SlateEstimator } from './off-policy/slate-estimators.ts';

export interface LoggedGain {
  /** What the gate hears. */
  readonly gain: NonNullable<GateEvidence['offPolicyGain']>;
  /** Absent where nothing could be estimated at all. */
  readonly report?: OffPolicyReport;
}

/** Only the first slots are re-ordered: weights multiply slot by slot, and most attention is there. */
const DEPTH = 3;
/** The one that decides first: it leans on a model only where weights are few, and stays unbiased without it. */
const ESTIMATORS: readonly SlateEstimator[] = ['cascade-dr', 'snrips', 'rips', 'snsips', 'sips'];

/**
 * What a challenger would have earned over its champion, told from the champion's own log: of the first slots'
 * items, put in the challenger's order. What the challenger would bring up from below the slate is not in the log.
 * @param slates served by the champion, and seen by neither scorer in training.
 * @param reward metric → weight.
 */
export function loggedGain(
  slates: readonly LoggedSlate[],
  champion: Scorer,
  challenger: Scorer,
  reward: Readonly<Record<string, number>>,
): LoggedGain {
  const { exploration } = champion;
  if (!(exploration.temperature > 0) && !(exploration.epsilon > 0))
    return refused(`${champion.version} did not explore: its log shows one order only`);
  const features = champion.schema.features.length;
  const clusters = new Map<string, number>();
  const rankings = slates.map((slate): LoggedRanking => {
    const slots = slate.itemIds.length;
    const cluster = slate.userId ?? `session ${slate.sessionId}`;
    if (!clusters.has(cluster)) clusters.set(cluster, clusters.size);
    return {
      draw: loggedDraw(
        {
          units: [...slate.units],
          propensities: [...slate.propensities],
          exploration,
          limit: slots,
        },
        // Where the last slot was certain, nothing else was left to be drawn.
        Math.abs(slate.propensities[slots - 1] - 1) < 1e-9 ? slots : undefined,
      ),
      reward: slate.tallies.map((tallies) =>
        tallies === undefined ? 0 : rewardOf(tallies, reward),
      ),
      points: Array.from({ length: slots }, (_, slot) =>
        toPoints(finalUnits(challenger, slate.codes, slot * features)),
      ),
      codes: slate.codes,
      cluster: clusters.get(cluster)!,
    };
  });
  const reordered = reorderedSlates(rankings, DEPTH, challenger.exploration);
  if (reordered.starts.length < 2)
    return refused(
      reordered.refused[0]?.reason ?? `${champion.version} served no ranking that can be used`,
    );
  const report = evaluateSlates({ ...reordered, model: crossFitSlates(reordered) }, ESTIMATORS);
  const [first] = report.estimates;
  if (first.kind === 'refused') return { gain: { refused: first.reason }, report };
  const { mean, low, high } = first.gain;
  const ess = first.weights.effectiveSampleSize;
  return { gain: { estimator: first.estimator, mean, low, high, ess }, report };
}

const refused = (reason: string): LoggedGain => ({ gain: { refused: reason } });
