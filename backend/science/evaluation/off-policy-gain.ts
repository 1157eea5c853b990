import { drawsByChance } from '../../../shared/domain/exploration.ts';
import { finalUnits } from '../../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import type { LoggedSlate } from '../learn/logged-slate.ts';
import { clustersOf } from '../learn/visitor-clusters.ts';
import { rewardOf } from '../learn/tallies.ts';
import type { GateEvidence } from './gate-evidence.ts';
import {
  evaluateSlates,
  evaluateTopSlot,
  type OffPolicyReport,
} from './off-policy/off-policy-report.ts';
import { poolRounds } from './off-policy/pool-rounds.ts';
import { loggedDraw } from './off-policy/policy-probabilities.ts';
import {
  crossFitSlates,
  reorderedSlates,
  type RescoredRanking,
} from './off-policy/reordered-slates.ts';
import type { SlateEstimator } from './off-policy/slate-estimators.ts';
import type { TopSlotEstimator } from './off-policy/top-slot.ts';

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

/** Where one item is shown: the first one decides. */
const TOP_SLOT: readonly TopSlotEstimator[] = [
  { kind: 'dr' },
  { kind: 'dr-os', lambda: 'tuned' },
  { kind: 'snips' },
  { kind: 'ips' },
];

/**
 * Off-policy estimate of the challenger's gain in reward over the champion, from the champion's log. Of rankings of several
 * items: the items of the first slots, in the challenger's order. Items that the challenger would bring into the slate are not
 * in the log, so the estimate does not include them. Where most rankings show one item, of which there is but one order:
 * the reward of what the challenger would show, of those whose candidates are all known.
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
  if (slates.length === 0)
    return refused(
      `${champion.version} chose none of these rankings: where the site's own order was kept, or another version served, its log shows no other order of the same items`,
    );
  if (!drawsByChance(exploration))
    return refused(`${champion.version} did not explore: its log shows a single order only`);
  if ((exploration.fromSlot ?? 1) > 1)
    return refused(
      `${champion.version} draws from slot ${exploration.fromSlot} on: its log shows a single order of the slots above`,
    );
  // Another order of the same items may be one that the rules forbid, and what was not shown is not in the log.
  const free = slates.filter(({ isRestricted }) => !isRestricted);
  if (free.length === 0)
    return refused(
      'caps, quotas or pins restricted each of these rankings: which other orders they would have let through is not in the log',
    );
  const [ones, several] = [true, false].map((isOne) =>
    free.filter(({ itemIds }) => (itemIds.length === 1) === isOne),
  );
  return ones.length > several.length
    ? gainOfOne(ones, challenger, reward)
    : gainOfOrder(several, champion, challenger, reward);
}

/** The gain at the only slot. */
function gainOfOne(
  slates: readonly LoggedSlate[],
  challenger: Scorer,
  reward: Readonly<Record<string, number>>,
): OffPolicyGainResult {
  const clusters = clustersOf(slates);
  const rankings = slates.flatMap((slate, i) => {
    const { pool, propensities, tallies } = slate;
    if (pool === undefined) return [];
    const [tally] = tallies;
    return [
      {
        codes: pool.codes,
        shown: pool.shown[0],
        propensity: propensities[0],
        reward: tally === undefined ? 0 : rewardOf(tally, reward),
        cluster: clusters[i],
      },
    ];
  });
  if (rankings.length === 0)
    return refused(
      'each ranking shows one item, and what competed for it is not known any more, as the catalogue or the weights have changed since or the log was deleted: what another version would have shown instead is unknown',
    );
  return resultOf(evaluateTopSlot(poolRounds(rankings, challenger), TOP_SLOT));
}

/** The gain of another order of the first slots. */
function gainOfOrder(
  slates: readonly LoggedSlate[],
  champion: Scorer,
  challenger: Scorer,
  reward: Readonly<Record<string, number>>,
): OffPolicyGainResult {
  const { exploration } = champion;
  const features = champion.schema.features.length;
  const clusters = clustersOf(slates);
  const rankings = slates.map((slate, i): RescoredRanking => {
    const slots = slate.itemIds.length;
    return {
      draw: loggedDraw(
        {
          units: slate.boosts
            ? Array.from(slate.units, (units, slot) => units + slate.boosts![slot])
            : [...slate.units],
          ...(slate.raises && { raises: [...slate.raises] }),
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
        // What is boosted is boosted whichever version ranks.
        toPoints(
          finalUnits(challenger, slate.codes, slot * features) + (slate.boosts?.[slot] ?? 0),
        ),
      ),
      codes: slate.codes,
      cluster: clusters[i],
    };
  });
  const reordered = reorderedSlates(rankings, DEPTH, challenger.exploration);
  if (reordered.starts.length < 2)
    return refused(
      reordered.refused[0]?.reason ?? `${champion.version} served no ranking that can be used`,
    );
  return resultOf(evaluateSlates({ ...reordered, model: crossFitSlates(reordered) }, ESTIMATORS));
}

/** What the first estimator says. */
function resultOf(report: OffPolicyReport): OffPolicyGainResult {
  const [first] = report.estimates;
  if (first.kind === 'refused') return { gain: { refused: first.reason }, report };
  const { mean, low, high } = first.gain;
  const ess = first.weights.effectiveSampleSize;
  return { gain: { estimator: first.estimator, mean, low, high, ess }, report };
}

const refused = (reason: string): OffPolicyGainResult => ({ gain: { refused: reason } });
