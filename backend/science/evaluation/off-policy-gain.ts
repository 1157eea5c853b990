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
  type RescoredRanking,
} from './off-policy/reordered-slates.ts';
import type { SlateEstimator } from './off-policy/slate-estimators.ts';

/** An off-policy gain with the estimates that it comes from. */
export interface OffPolicyGainResult {
  /** The gate's evidence. */
  readonly gain: NonNullable<GateEvidence['offPolicyGain']>;
  /** Absent where nothing could be estimated. */
  readonly report?: OffPolicyReport;
}

/**
 * Only the first slots are reordered, because importance weights multiply slot by slot and these slots get most
 * attention.
 */
const DEPTH = 3;
/** The first one decides: it uses a model to reduce variance, and stays unbiased where the model is wrong. */
const ESTIMATORS: readonly SlateEstimator[] = ['cascade-dr', 'snrips', 'rips', 'snsips', 'sips'];

/**
 * Off-policy estimate of the challenger's gain in reward over the champion, from the champion's log: the items of the
 * first slots, in the challenger's order. Items that the challenger would bring into the slate are not in the log, so
 * the estimate does not include them.
 * @param slates served by the champion; neither scorer was trained on them.
 * @param reward weight of each metric.
 * @returns a refusal with its reason where the champion did not explore or the log does not support an estimate.
 */
export function offPolicyGain(
  slates: readonly LoggedSlate[],
  champion: Scorer,
  challenger: Scorer,
  reward: Readonly<Record<string, number>>,
): OffPolicyGainResult {
  const { exploration } = champion;
  if (!(exploration.temperature > 0) && !(exploration.epsilon > 0))
    return refused(`${champion.version} did not explore: its log shows a single order only`);
  const features = champion.schema.features.length;
  const clusters = new Map<string, number>();
  const rankings = slates.map((slate): RescoredRanking => {
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
        // A propensity of 1 at the last slot means that no other item was left to draw.
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

const refused = (reason: string): OffPolicyGainResult => ({ gain: { refused: reason } });
