import type { Normaliser } from '../metric-weighting/learned-weights.ts';
import { type JointMoments, jointMoments } from './cross-products.ts';
import type { Estimate } from '../statistics/effect.ts';
import type { ArmStatistics } from './experiment-statistics.ts';
import { type TestResult, welchTest } from '../statistics/fixed-test.ts';
import {
  MINIMUM_PER_ARM,
  missingMetric,
  noSpread,
  noWeights,
  type NoAnswer,
  notEnoughData,
  type Unit,
} from '../statistics/unavailable.ts';
import { sequentialTest } from '../statistics/sequential-test.ts';

/** Metric weights as `SurrogateWeights` has them; fixed ones leave out the covariance: they are not uncertain. */
export interface WeightsInUse {
  readonly weights: readonly { readonly metric: string; readonly weight: number }[];
  /** Of the weights, in their order, row-major. */
  readonly covariance?: readonly number[];
  /** A metric that has none is normalised by a unit's deviation in the control (in the treatment, if it has none there). */
  readonly normalisers?: Readonly<Record<string, Pick<Normaliser, 'deviation'>>>;
  /** What the weights are where they abstain. */
  readonly prior?: Readonly<Record<string, number>>;
  readonly abstains?: string;
}

/** One metric multiplied by its weight, before the sum. */
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
  /** Σ of the terms' values. */
  readonly value: number;
  readonly standardError: number;
  /** Share of the variance that is the weights' own uncertainty. */
  readonly fromWeights: number;
  readonly terms: readonly ResultTerm[];
  /** Of one look at a time fixed beforehand. */
  readonly fixed: TestResult;
  /** Always valid. */
  readonly sequential: TestResult;
  /** Why the weights are no more than their prior. */
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
 * One number for an experiment: `Σ wᵢ δᵢ`, δᵢ the effect on metric i over its deviation. Weights w and effects δ come
 * from different data, so the variance of the sum of products is `wᵀΣ_δw + δᵀΣ_wδ + tr(Σ_wΣ_δ)` (Goodman, 1960, for many);
 * with what was found in place of what is true it is a little large. Σ_δ holds the metrics' correlations within a unit.
 * The effects are unadjusted: CUPED belongs to the single metrics.
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
): ResultData | NoAnswer {
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
  if (terms.some(({ deviation, effect }) => deviation === 0 && effect !== 0)) return noSpread();
  const found = estimateOf(terms, c, t, covariance);
  if (!(found.df < Infinity)) return noSpread();
  const { pValue, low, high } = welchTest(found, { alpha });
  return {
    kind: 'result-data',
    value: found.estimate,
    standardError: found.standardError,
    fromWeights: found.fromWeights,
    terms,
    fixed: { pValue, low, high },
    sequential: sequentialTest(found, { alpha, tuning }),
    ...(abstains === undefined ? {} : { abstains }),
  };
}

function estimateOf(
  terms: readonly ResultTerm[],
  control: JointMoments,
  treatment: JointMoments,
  weightCovariance?: readonly number[],
): Estimate & { readonly fromWeights: number } {
  const k = terms.length;
  const scale = terms.map(({ deviation }) => (deviation > 0 ? 1 / deviation : 0));
  const contrast = terms.map(({ weight }, i) => weight * scale[i]);
  const delta = terms.map(({ normalised }) => normalised);
  const [ofC, ofT] = [control, treatment].map(
    ({ n, covariance }) => quadratic(contrast, covariance) / n,
  );
  const sampling = ofC + ofT;
  let shared = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const [at, turned] = [i * k + j, j * k + i];
      const effects = control.covariance[at] / control.n + treatment.covariance[at] / treatment.n;
      shared += (weightCovariance?.[turned] ?? 0) * effects * scale[i] * scale[j];
    }
  }
  const ofWeights = weightCovariance ? quadratic(delta, weightCovariance) + shared : 0;
  const variance = sampling + ofWeights;
  return {
    estimate: terms.reduce((sum, { value }) => sum + value, 0),
    standardError: Math.sqrt(variance),
    // Welch–Satterthwaite; the weights' part counts as known.
    df: variance ** 2 / (ofC ** 2 / (control.n - 1) + ofT ** 2 / (treatment.n - 1)),
    n: control.n + treatment.n,
    fromWeights: variance > 0 ? ofWeights / variance : 0,
  };
}

/** vᵀMv, M row-major. */
function quadratic(v: readonly number[], matrix: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++)
    for (let j = 0; j < v.length; j++) sum += v[i] * matrix[i * v.length + j] * v[j];
  return sum;
}
