/** What the engine found; one version of the metric weights holds it as its details. Plain JSON. */
export type LearnedWeights = ImportanceWeights | SurrogateWeights;

export interface MetricWeight {
  readonly metric: string;
  readonly weight: number;
  /** 95 % bootstrap interval. */
  readonly low: number;
  readonly high: number;
}

/** Centre and spread by which a metric's values were made comparable: `(value − mean) / deviation`. */
export interface Normaliser {
  readonly mean: number;
  readonly deviation: number;
}

/** How well the held-out units (or experiments) were foretold, with 95 % intervals. */
export interface Skill {
  /** 1 − squared error / that of what context alone foretells (experiments: of no effect), out of sample. */
  readonly r2: SkillFigure;
  /** Chance that of two units the one of higher value is ranked higher; 0.5 is guessing. */
  readonly concordance: SkillFigure;
  /** Concordance of equal weights on the normalised metrics, and the difference of the two, paired. */
  readonly equalWeights: SkillFigure;
  readonly gain: SkillFigure;
  readonly heldOut: number;
}

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

/** For reading: what the model leans on. Non-negative, sums to 1; says neither direction nor cause. */
export interface ImportanceWeights extends Learned {
  readonly method: 'importance';
  readonly by: 'gain' | 'permutation' | 'shap';
  readonly weights: readonly MetricWeight[];
  readonly abstains?: string;
}

/**
 * For deciding: signed weights on the metrics' normalised effects, whose weighted sum is the predicted effect on
 * long-term value (surrogate index), in standard deviations of it.
 */
export interface SurrogateWeights extends Learned {
  readonly method: 'surrogate';
  readonly weights: readonly MetricWeight[];
  /** Of the weights, in their order, row-major. */
  readonly covariance: readonly number[];
  /** What they are shrunk to, and how far: 1 is all prior. */
  readonly prior: Readonly<Record<string, number>>;
  readonly shrinkage: number;
  /** Why the prior is all there is: too few data, or no skill on what was held out. */
  readonly abstains?: string;
}
