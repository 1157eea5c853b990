import {
  isLoggingPolicy,
  propensityProblem,
  SUPPORT_LIMITS,
  type SupportLimits,
} from './support.ts';
import { mean, ratioTerms } from './ips.ts';
import {
  estimateFromTerms,
  type EstimatorBaseline,
  type EstimatorTerms,
  type OffPolicyEstimate,
  type WeightColumn,
} from './off-policy-estimate.ts';
import type { ModelledRewards } from './rounds.ts';
import {
  cascadeWeights,
  checkSlates,
  rowsBySlot,
  slateRewards,
  type LoggedSlates,
} from './slates.ts';

/**
 * Estimators of the reward per slate. There is no independent IPS (IIPS): it needs the marginal probability of an item
 * at a slot, which has no closed form past slot 1 for a slate drawn without replacement.
 */
export type SlateEstimator = 'sips' | 'snsips' | 'rips' | 'snrips' | 'cascade-dr';

export interface SlateOptions {
  readonly limits?: SupportLimits;
  /**
   * The same slates with another policy's probabilities. The gain is relative to its estimate, or without it to the
   * logged reward.
   */
  readonly baseline?: LoggedSlates;
}

/** The estimate with its gain, or a refusal. @throws ApiError where arrays have inconsistent lengths. */
export function estimateSlates(
  estimator: SlateEstimator,
  slates: LoggedSlates,
  { limits = SUPPORT_LIMITS, baseline }: SlateOptions = {},
): OffPolicyEstimate {
  const terms = termsOf(estimator, slates);
  if (typeof terms === 'string') return { kind: 'refused', estimator, reason: terms };
  let over: EstimatorBaseline = { values: terms.reward };
  if (baseline !== undefined) {
    const alone = estimateSlates(estimator, baseline, { limits });
    if (alone.kind === 'refused') return { ...alone, reason: `baseline: ${alone.reason}` };
    over = termsOf(estimator, baseline) as SlateTerms;
  }
  const asked = {
    ...terms,
    isLoggingPolicy: isLoggingPolicy(slates.pscore, slates.evaluation),
  };
  return estimateFromTerms(estimator, asked, slates.cluster, over, limits);
}

type SlateTerms = Omit<EstimatorTerms, 'isLoggingPolicy'>;

/** The estimator's terms, or why there are none. */
function termsOf(estimator: SlateEstimator, slates: LoggedSlates): SlateTerms | string {
  checkSlates(slates);
  const problem = propensityProblem(slates.pscore, slates.evaluation);
  if (problem !== undefined) return problem;
  const weights = cascadeWeights(slates);
  const reward = slateRewards(slates);
  switch (estimator) {
    case 'sips':
      return standardIps(slates, reward, weights, false);
    case 'snsips':
      return standardIps(slates, reward, weights, true);
    case 'rips':
      return {
        values: rewardInteractionIps(slates, weights),
        reward,
        weights: bySlot(slates, weights),
        offset: 0,
        centre: 0,
      };
    case 'snrips': {
      const values = selfNormalisedRips(slates, weights);
      const value = mean(values);
      return { values, reward, weights: bySlot(slates, weights), offset: value, centre: value };
    }
    case 'cascade-dr': {
      if (slates.model === undefined)
        return 'it needs a model of the reward still to come, and none was given';
      const values = cascadeDr(slates, slates.model, weights);
      // The model predicts about what was earned, and about what the estimate is.
      const [offset, centre] = [mean(values), mean(reward)];
      return { values, reward, weights: bySlot(slates, weights, true), offset, centre };
    }
    default:
      return estimator satisfies never;
  }
}

/**
 * Standard IPS: `V̂ = 1/n Σᵢ wᵢ Σ_k r_{ik}` with the whole slate's weight `wᵢ = Π_k π_e/π_b` (Precup et al., 2000;
 * Swaminathan et al., NIPS 2017). Unbiased for any visitor behaviour; the self-normalised one (SNSIPS) divides by w̄.
 */
function standardIps(
  { starts }: LoggedSlates,
  reward: Float64Array,
  weights: Float64Array,
  normalised: boolean,
): SlateTerms {
  const raw = Float64Array.from({ length: starts.length - 1 }, (_, slate) =>
    starts[slate + 1] > starts[slate] ? weights[starts[slate + 1] - 1] : 1,
  );
  const columns = [{ about: '', raw, used: raw, reward, modelBacked: false }];
  if (!normalised) {
    const values = raw.map((weight, slate) => weight * reward[slate]);
    return { values, reward, weights: columns, offset: 0, centre: 0 };
  }
  const values = ratioTerms(reward, raw);
  const ratio = mean(values);
  return { values, reward, weights: columns, offset: ratio, centre: ratio };
}

/**
 * Reward-interaction IPS: `V̂ = 1/n Σᵢ Σ_k w_{i,1:k} r_{ik}` (McInerney et al., KDD 2020). Unbiased where a slot's
 * reward depends only on the items at that slot and above (cascade assumption).
 */
function rewardInteractionIps(
  { starts, reward }: LoggedSlates,
  weights: Float64Array,
): Float64Array {
  return sumBySlate(starts, (row) => weights[row] * reward[row]);
}

/**
 * Self-normalised RIPS: each slot's weights are divided by their mean at that slot (obp
 * `SelfNormalizedSlateRewardInteractionIPS`).
 */
function selfNormalisedRips(slates: LoggedSlates, weights: Float64Array): Float64Array {
  const terms = new Float64Array(weights.length);
  const count = slates.starts.length - 1;
  const values = new Float64Array(count);
  for (const { rows } of rowsBySlot(slates.starts)) {
    const reward = rows.map((row) => slates.reward[row]);
    const raw = Float64Array.from(rows, (row) => weights[row]);
    // No logged slate has a positive probability under π_e down to this slot, so its reward counts as 0.
    if (raw.every((weight) => weight === 0)) continue;
    ratioTerms(reward, raw).forEach((term, i) => (terms[rows[i]] = term));
  }
  for (let slate = 0; slate < count; slate++) {
    for (let row = slates.starts[slate]; row < slates.starts[slate + 1]; row++)
      values[slate] += terms[row];
  }
  return values;
}

/**
 * Cascade-DR: `V̂ = 1/n Σᵢ Σ_k [w_{1:k} (r_k − q̂_k) + w_{1:k−1} E_{π_e} q̂_k]` (Kiyohara et al., WSDM 2022).
 * Unbiased where RIPS is, with less variance the better q̂ predicts the reward from this slot down.
 */
function cascadeDr(
  { starts, reward }: LoggedSlates,
  { logged, expected }: ModelledRewards,
  weights: Float64Array,
): Float64Array {
  return sumBySlate(starts, (row, first) => {
    const above = row === first ? 1 : weights[row - 1];
    return weights[row] * (reward[row] - logged[row]) + above * expected[row];
  });
}

function sumBySlate(
  starts: Uint32Array,
  term: (row: number, first: number) => number,
): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, slate) => {
    let sum = 0;
    for (let row = starts[slate]; row < starts[slate + 1]; row++) sum += term(row, starts[slate]);
    return sum;
  });
}

/** The weights of every slot with a reward; a slot without any contributes 0 and needs no support. */
function bySlot(slates: LoggedSlates, weights: Float64Array, modelBacked = false): WeightColumn[] {
  const columns = rowsBySlot(slates.starts).map(({ slot, rows, slates: termOf }) => {
    const raw = Float64Array.from(rows, (row) => weights[row]);
    const reward = rows.map((row) => slates.reward[row]);
    return { about: `slot ${slot + 1}`, raw, used: raw, reward, termOf, modelBacked };
  });
  const earning = columns.filter(({ reward }) => reward.some((value) => value !== 0));
  return earning.length > 0 ? earning : columns.slice(0, 1);
}
