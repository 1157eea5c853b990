/** The result of learning metric weights, as plain JSON; a version of the metric weights stores it as its details. */
export type LearnedWeights = ImportanceWeights | SurrogateWeights;

export interface MetricWeight {
  readonly metric: string;
  readonly weight: number;
  /** 95 % bootstrap interval. */
  readonly low: number;
  readonly high: number;
}

/** Mean and standard deviation by which a metric is normalised: `(value − mean) / deviation`. */
export interface Normaliser {
  readonly mean: number;
  readonly deviation: number;
}

/** How well held-out units (or experiments) were predicted, with 95 % intervals. */
export interface Skill {
  /**
   * Out-of-sample r²: 1 − squared error / squared error of the baseline, which is context alone (for experiments, no
   * effect).
   */
  readonly r2: SkillFigure;
  /**
   * Probability that of two units the one with the higher value, beyond what its context foretells, is ranked higher;
   * 0.5 by chance. Only units whose weights were learned from the same other units are compared.
   */
  readonly concordance: SkillFigure;
  /** Concordance of equal weights on the normalised metrics; `gain` is the paired difference, learned minus equal. */
  readonly equalWeights: SkillFigure;
  readonly gain: SkillFigure;
  readonly heldOut: number;
}

/** A figure with its 95 % interval. */
export interface SkillFigure {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

interface Learned {
  readonly target: string;
  readonly units: number;
  readonly experiments: number;
  readonly model: Readonly<Record<string, unknown>>;
  readonly normalisers: Readonly<Record<string, Normaliser>>;
  readonly skill?: Skill;
  readonly seed: number;
}

/** Importance of the metrics to a model, for interpretation: non-negative, adds up to 1, without direction or cause. */
export interface ImportanceWeights extends Learned {
  readonly method: 'importance';
  readonly by: 'gain' | 'permutation' | 'shap';
  readonly weights: readonly MetricWeight[];
  readonly abstains?: string;
}

/**
 * Surrogate weights, for decisions: signed weights on the normalised effects of the metrics. The weighted sum is the
 * predicted effect on long-term value (surrogate index), in standard deviations of that value.
 */
export interface SurrogateWeights extends Learned {
  readonly method: 'surrogate';
  readonly weights: readonly MetricWeight[];
  /** Covariance of the weights, in their order, row-major. */
  readonly covariance: readonly number[];
  /** The prior weights; `shrinkage` is how far the weights are shrunk to them: 0 is data only, 1 prior only. */
  readonly prior: Readonly<Record<string, number>>;
  readonly shrinkage: number;
  /** What the weights of products of two metrics say, in words; absent without products, or where the weights abstain. */
  readonly statements?: readonly string[];
  /** Why the weights abstain and are the prior: too few data, or no held-out skill. */
  readonly abstains?: string;
}
