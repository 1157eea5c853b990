import type { Normaliser } from '../metric-weighting/learned-weights.ts';
import { type JointMoments, jointMoments } from './cross-products.ts';
import type { PointEstimate } from '../statistics/effect.ts';
import type { ArmStatistics } from './experiment-statistics.ts';
import { type TestResult, welchTest } from '../statistics/fixed-test.ts';
import { quadratic } from '../statistics/matrix.ts';
import {
  MINIMUM_PER_ARM,
  missingMetric,
  constantArms,
  noSpread,
  noWeights,
  type Unavailable,
  notEnoughData,
  type Unit,
} from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';

/**
 * Metric weights, as in `SurrogateWeights`. Weights that were set by hand have no covariance, because they are not
 * estimated.
 */
export interface WeightsInUse {
  readonly weights: readonly { readonly metric: string; readonly weight: number }[];
  /** Covariance of the weights, in their order, row-major. */
  readonly covariance?: readonly number[];
  /**
   * A metric without one is normalised by its standard deviation per unit in the control, or in the treatment where
   * that is 0.
   */
  readonly normalisers?: Readonly<Record<string, Pick<Normaliser, 'deviation'>>>;
  /** The prior weights, which the weights are equal to where they abstain. */
  readonly prior?: Readonly<Record<string, number>>;
  /** Why nothing was learned from data. */
  readonly abstains?: string;
}

/** One term of the weighted sum. */
export interface ResultTerm {
  readonly metric: string;
  readonly weight: number;
  /** Treatment − control, in the metric's unit. */
  readonly effect: number;
  readonly deviation: number;
  /** `effect / deviation`. */
  readonly normalised: number;
  /** `weight × normalised`. */
  readonly value: number;
}

export interface ResultData {
  readonly kind: 'result-data';
  /** Sum of the terms' values. */
  readonly value: number;
  readonly standardError: number;
  /** Share of the variance that comes from the uncertainty of the weights. */
  readonly fromWeights: number;
  readonly terms: readonly ResultTerm[];
  /** Fixed-horizon test, valid for a single look at a time fixed in advance. */
  readonly fixed: TestResult;
  /** Always-valid test. */
  readonly sequential: TestResult;
  /** Why the weights are equal to their prior. */
  readonly abstains?: string;
}

export interface ResultDataOptions {
  readonly alpha?: number;
  readonly minimumPerArm?: number;
  readonly unit?: Unit;
  readonly tuning?: number;
}

type Arm = Pick<ArmStatistics, 'products'>;

/**
 * The effect on long-term value as a weighted sum of normalised effects, `Σ wᵢ δᵢ`, where δᵢ is the effect on metric i
 * divided by the metric's standard deviation. Weights w and effects δ are independent, because they come from different
 * data, so the variance is `wᵀΣ_δw + δᵀΣ_wδ + tr(Σ_wΣ_δ)` (Goodman, 1960, generalised to sums). Estimates replace the
 * true values in it, which makes it slightly too large. Σ_δ includes the correlations of the metrics within a unit. The
 * effects are not adjusted by CUPED, which is applied to single metrics only.
 * @throws where the covariance does not have one entry per pair of weights.
 */
export function resultData(
  control: Arm,
  treatment: Arm,
  inUse: WeightsInUse,
  {
    alpha = 0.05,
    minimumPerArm = MINIMUM_PER_ARM,
    unit = 'sessions',
    tuning,
  }: ResultDataOptions = {},
): ResultData | Unavailable {
  const { weights, covariance, abstains } = inUse;
  if (weights.length === 0) return noWeights('there are none');
  if (abstains !== undefined && Object.keys(inUse.prior ?? {}).length === 0) {
    return noWeights(`${abstains}, and no prior is declared`);
  }
  if (covariance !== undefined && covariance.length !== weights.length ** 2) {
    throw new Error(
      `a covariance of ${weights.length} weights has ${weights.length ** 2} numbers, not ${covariance.length}`,
    );
  }
  const fewest = Math.min(control.products.n, treatment.products.n);
  const needed = Math.max(2, minimumPerArm);
  if (fewest < needed) return notEnoughData(fewest, needed, unit);
  const names = weights.map(({ metric }) => metric);
  const [c, t] = [control, treatment].map(({ products }) => jointMoments(products, names));
  if ('missing' in c) return missingMetric(c.missing);
  if ('missing' in t) return missingMetric(t.missing);

  const terms = weights.map(({ metric, weight }, i): ResultTerm => {
    const at = i * weights.length + i;
    const own = Math.sqrt(Math.max(0, c.covariance[at] || t.covariance[at]));
    const deviation = inUse.normalisers?.[metric]?.deviation || own;
    const effect = t.means[i] - c.means[i];
    const normalised = deviation > 0 ? effect / deviation : 0;
    return { metric, weight, effect, deviation, normalised, value: weight * normalised };
  });
  const constant = terms.findIndex(
    ({ deviation, effect }, i) =>
      effect !== 0 && (deviation === 0 || isConstant(c, t, i * weights.length + i)),
  );
  if (constant >= 0) return constantArms(c.means[constant], t.means[constant]);
  const total = weightedSum(terms, c, t, covariance);
  if (!(total.df < Infinity)) return noSpread();
  const { pValue, low, high } = welchTest(total, { alpha });
  return {
    kind: 'result-data',
    value: total.estimate,
    standardError: total.standardError,
    fromWeights: total.fromWeights,
    terms,
    fixed: { pValue, low, high },
    sequential: sequentialTest(total, { alpha, tuning }),
    ...(abstains === undefined ? {} : { abstains }),
  };
}

/** Neither arm varies in the metric at this place of the covariance. */
const isConstant = (control: JointMoments, treatment: JointMoments, at: number): boolean =>
  !(control.covariance[at] > 0) && !(treatment.covariance[at] > 0);

/** The sum with its standard error and Welch–Satterthwaite degrees of freedom. */
function weightedSum(
  terms: readonly ResultTerm[],
  control: JointMoments,
  treatment: JointMoments,
  weightCovariance?: readonly number[],
): PointEstimate & { readonly fromWeights: number } {
  const k = terms.length;
  const scale = terms.map(({ deviation }) => (deviation > 0 ? 1 / deviation : 0));
  const contrast = terms.map(({ weight }, i) => weight * scale[i]);
  const delta = terms.map(({ normalised }) => normalised);
  const [perC, perT] = [control, treatment].map(({ covariance }) =>
    quadratic(covariance, contrast),
  );
  const [ofC, ofT] = [perC / control.n, perT / treatment.n];
  // Under the null hypothesis the arms may have the same variance: see `varianceUnder`.
  const sampling = Math.max(ofC + ofT, perC / treatment.n + perT / control.n);
  let trace = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const [at, turned] = [i * k + j, j * k + i];
      const effects = control.covariance[at] / control.n + treatment.covariance[at] / treatment.n;
      trace += (weightCovariance?.[turned] ?? 0) * effects * scale[i] * scale[j];
    }
  }
  const ofWeights = weightCovariance ? quadratic(weightCovariance, delta) + trace : 0;
  const variance = sampling + ofWeights;
  return {
    estimate: terms.reduce((sum, { value }) => sum + value, 0),
    standardError: Math.sqrt(variance),
    // Welch–Satterthwaite; the variance that comes from the weights is treated as known.
    df: (ofC + ofT + ofWeights) ** 2 / (ofC ** 2 / (control.n - 1) + ofT ** 2 / (treatment.n - 1)),
    n: control.n + treatment.n,
    fromWeights: variance > 0 ? ofWeights / variance : 0,
  };
}
