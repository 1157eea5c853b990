import { crossStrength } from '../../../../shared/features/cross-strength.ts';
import { bucketCount, type Schema } from '../../../../shared/features/schema.ts';
import {
  additiveFromPoints,
  firstPassOf,
  MAX_SCORE_UNITS,
  rangeOf,
  STRIDE,
  toPoints,
  type AdditiveScorer,
  type CrossPoints,
  type Scorer,
} from '../../../../shared/score/scorer.ts';
import { posteriorOf, priorPoints, type Posterior } from '../../../../shared/score/posterior.ts';
import { calibrate } from '../calibrate.ts';
import { crossShrinkage } from './cross-shrinkage.ts';
import type { Device } from '../device/device.ts';
import type { FitStep } from '../fit-step.ts';
import { evidenceWeight } from '../loss.ts';
import { outsideShares, setIntercept } from '../outside-option.ts';
import { fitMap } from '../points-to-log-odds.ts';
import { fitAdditive } from './fit-additive.ts';
import { emptyWeights, type Fit } from './fit-options.ts';
import type { FitMethod } from '../fit-method.ts';
import { pointsPerRow } from '../score-set.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';

export interface FirstPassOptions {
  /** The scorer whose points the descent starts from. */
  readonly parent: Scorer;
  readonly name: string;
  readonly l2?: number;
  readonly l1?: number;
  readonly method?: FitMethod;
  readonly seed?: number;
  readonly device: Device;
  readonly onIteration?: (step: FitStep) => void;
}

const MAX_ITERATIONS = 400;
const PATIENCE = 20;
/** Scores that vary by less, in log-odds, predict nothing. */
const MIN_SPREAD = 0.05;

/**
 * Log-odds per point of everything that is learned, whatever it started from. Exploration is stated in points: were the scale
 * measured anew in each training, it would change by chance, and what a penalty holds back would shrink the points a
 * little with every training that starts from the last version, until exploration decided alone.
 */
export const LEARNED_SLOPE = 0.05;

/**
 * Log-odds per point of a scorer's first pass, as the rewards say, in the loss that is minimised: for points set by hand, or
 * of a scale that is not known.
 */
export const warmSlope = (scorer: Scorer, set: TrainingSet): number =>
  slopeOf(scorer.schema, set, pointsPerRow(firstPassOf(scorer), set)) ?? LEARNED_SLOPE;

/**
 * The greatest slope up to `slope` at which a scorer's points, once they are of the scale of what is learned, take up no more than a
 * share of the range that scores have: a fit that stops where it starts must be a scorer, too. A few points that tell a lot make a slope
 * by which the sums of all buckets, most of which no slate has, are far apart.
 */
export function slopeWithin(scorer: AdditiveScorer, slope: number, share = 1): number {
  const { low, high } = rangeOf(scorer);
  const widest = scorer.weights.reduce(
    (most, units) => Math.max(most, Math.abs(units)),
    Math.max(-low, high, 1),
  );
  // Each weight is rounded to units by itself.
  const most = share * MAX_SCORE_UNITS - scorer.weights.length / STRIDE;
  return Math.min(slope, (LEARNED_SLOPE * most) / widest);
}

/** What is left of the range is for the steps of the fit. */
const START_SHARE = 0.5;

/** `warmSlope` of a fit's start. */
export const startSlope = (scorer: AdditiveScorer, set: TrainingSet): number =>
  slopeWithin(scorer, warmSlope(scorer, set), START_SHARE);

/** Log-odds per unit of the scores in the loss that is minimised; undefined where they predict nothing. */
export function slopeOf(
  { training }: Schema,
  set: TrainingSet,
  scores: Float64Array,
): number | undefined {
  const shares = outsideShares(set) ?? new Float64Array(slateCount(set));
  const offset = new Float64Array(set.rows);
  const slope =
    training.objective === 'listwise'
      ? fitMap({ set, shares, scores, offset }, () => true).scale
      : calibrate(scores, set.reward).slope;
  return slope * spreadOf(scores) > MIN_SPREAD ? slope : undefined;
}

/** Standard deviation of scores, in their unit. */
export function spreadOf(scores: Float64Array): number {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
}

/**
 * Fits an additive scorer that starts at its parent's points and is penalised for leaving the schema's rule weights, with its
 * parent's learned crosses.
 * @param train with their columns (`withCrossColumns`), the shown slot as one feature more where the schema asks for it, and with its outside option.
 * @param from another fit: this one starts from its weights and runs for as many iterations. After none it keeps them: no step
 * was better than the start.
 */
export async function fitFirstPass(
  train: TrainingSet,
  validation: TrainingSet | undefined,
  { parent, l2, l1, method, seed, device, onIteration }: FirstPassOptions,
  from?: Pick<Fit, 'weights' | 'iterations'>,
): Promise<Fit> {
  const { schema } = parent;
  const { training } = schema;
  const rules = additiveFromPoints(schema, schema.rules, {
    version: parent.version,
    name: 'rules',
  });
  const logOdds = (scorer: AdditiveScorer) => {
    const weights = toLogOdds(scorer, train, startSlope(scorer, train));
    setIntercept(train, weights);
    return weights;
  };
  const ridge = crossShrinkage(schema, train.features, parent.crosses);
  return fitAdditive(train, validation, {
    schema,
    objective: training.objective,
    start: from?.weights ?? logOdds(firstPassOf(parent)),
    prior: logOdds(rules),
    l2: l2 ?? training.l2,
    ...(ridge && { ridge }),
    ...(l1 === undefined ? {} : { l1 }),
    slope: LEARNED_SLOPE,
    maxIterations: from?.iterations ?? MAX_ITERATIONS,
    patience: PATIENCE,
    ...(method && { method }),
    ...(seed === undefined ? {} : { seed }),
    device,
    ...(onIteration && { onIteration }),
  });
}

/** The fitted weights as a scorer with their posterior, calibrated on its points as they are rounded for serving. */
export function firstPassScorer(
  fit: Fit,
  { parent, name }: FirstPassOptions,
  set: TrainingSet,
): AdditiveScorer {
  const { schema } = parent;
  const points = Object.fromEntries(
    schema.features.map((spec, feature) => [
      spec.name,
      Array.from(
        { length: bucketCount(spec) },
        (_, bucket) => fit.weights[feature * STRIDE + bucket] / LEARNED_SLOPE,
      ),
    ]),
  );
  const scorer = additiveFromPoints(schema, points, {
    crosses: crossPoints(fit, parent),
    version: parent.version,
    name,
    parent: parent.version,
    exploration: parent.exploration,
    posterior: learnedPosterior(fit.curvature, set, parent),
  });
  return { ...scorer, calibration: calibrate(pointsPerRow(scorer, set), set.reward) };
}

function crossPoints({ weights }: Fit, { schema, crosses = [] }: Scorer): CrossPoints[] {
  const { features } = schema;
  return crosses.map(([a, b], k) => {
    const [rows, columns] = [bucketCount(features[a]), bucketCount(features[b])];
    const from = (features.length + k) * STRIDE;
    return {
      features: [features[a].name, features[b].name],
      points: Array.from({ length: rows }, (_, x) =>
        Array.from(
          { length: columns },
          (_cell, y) => weights[from + x * columns + y] / LEARNED_SLOPE,
        ),
      ),
    };
  });
}

/**
 * The posterior of fitted weights (Laplace's approximation, diagonal): the precision of each is that of the prior, of
 * crosses as often as the ridge counts on them, and the loss's curvature, as of the slates that it was fitted to and no others. Curvature counts a slate as often as it weighs; divided
 * by `evidenceWeight` it counts each once.
 */
function learnedPosterior(
  curvature: Float64Array,
  set: TrainingSet,
  { schema, exploration, crosses }: Scorer,
): Posterior {
  const precision = 1 / (priorPoints(exploration) * LEARNED_SLOPE) ** 2;
  const strength = crossStrength(schema, crosses);
  const weight = evidenceWeight(set, schema.training.objective);
  const deviation = (feature: number, bucket: number) => {
    const learned = curvature[feature * STRIDE + bucket] / weight;
    return 1 / Math.sqrt(strength[feature] * precision + learned) / LEARNED_SLOPE;
  };
  return posteriorOf(schema, deviation, crosses);
}

/** The effect of the shown slot on each row, in log-odds: what the features that only training has add up to. */
export function slotEffect(
  weights: Float64Array,
  schema: Schema,
  { rows, features, crosses = 0, codes }: TrainingSet,
): Float64Array {
  const effect = new Float64Array(rows);
  for (let feature = schema.features.length + crosses; feature < features; feature++)
    for (let row = 0; row < rows; row++)
      effect[row] += weights[feature * STRIDE + codes[feature * rows + row]];
  return effect;
}

/**
 * The weights of a scorer as those of a set, `Float64Array(set.features × STRIDE)`; what only training has starts at 0.
 * @throws where the scorer has crosses that are no columns of the set.
 */
export function toLogOdds(
  scorer: AdditiveScorer,
  { features, crosses = 0 }: Pick<TrainingSet, 'features' | 'crosses'>,
  slope: number,
): Float64Array {
  const own = scorer.crosses?.length ?? 0;
  if (own !== 0 && own !== crosses)
    throw new Error(`the scorer has ${own} learned crosses, but the set ${crosses}`);
  const weights = emptyWeights(features);
  scorer.weights.forEach((units, j) => (weights[j] = toPoints(units) * slope));
  return weights;
}
