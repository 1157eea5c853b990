import { bucketCount, type Schema } from '../../../../shared/features/schema.ts';
import {
  additiveFromPoints,
  firstPassOf,
  STRIDE,
  toPoints,
  type AdditiveScorer,
  type Scorer,
} from '../../../../shared/score/scorer.ts';
import { calibrate } from '../calibrate.ts';
import { additiveScores } from '../histogram.ts';
import type { Device } from '../device/device.ts';
import type { FitStep } from '../fit-step.ts';
import { setIntercept } from '../outside-option.ts';
import { fitAdditive } from './fit-additive.ts';
import { emptyWeights, type Fit } from './fit-options.ts';
import type { FitMethod } from '../fit-method.ts';
import { pointsPerRow } from '../score-set.ts';
import type { TrainingSet } from '../training-set.ts';

export interface FirstPassOptions {
  /** The scorer whose points the descent starts from. */
  readonly parent: Scorer;
  readonly name: string;
  /** Log-odds per point. */
  readonly slope: number;
  readonly l2?: number;
  readonly l1?: number;
  readonly method?: FitMethod;
  readonly seed?: number;
  readonly device: Device;
  readonly onIteration?: (step: FitStep) => void;
}

const MAX_ITERATIONS = 400;
const PATIENCE = 20;
/** Log-odds per point where the parent's points predict nothing: 20 points then multiply the odds by e. */
const DEFAULT_SLOPE = 0.05;
const MIN_SLOPE = 0.005;

/** Log-odds per point of the parent's first pass, calibrated on the rewards. */
export function warmSlope(parent: Scorer, set: TrainingSet): number {
  const { slope } = calibrate(pointsPerRow(firstPassOf(parent), set), set.reward);
  return slope > MIN_SLOPE ? slope : DEFAULT_SLOPE;
}

/**
 * Fits an additive scorer that starts at its parent's points and is penalised for leaving the schema's rule weights.
 * @param train with the shown slot as one feature more where the schema asks for it, and with its outside option.
 * @param from another fit: this one starts from its weights and runs for as many iterations.
 */
export async function fitFirstPass(
  train: TrainingSet,
  validation: TrainingSet | undefined,
  { parent, slope, l2, l1, method, seed, device, onIteration }: FirstPassOptions,
  from?: Fit,
): Promise<Fit> {
  const { schema } = parent;
  const { training } = schema;
  const rules = additiveFromPoints(schema, schema.rules, {
    version: parent.version,
    name: 'rules',
  });
  const logOdds = (scorer: AdditiveScorer) => {
    const weights = toLogOdds(scorer, train.features, slope);
    setIntercept(train, weights);
    return weights;
  };
  return fitAdditive(train, validation, {
    schema,
    objective: training.objective,
    start: from?.weights ?? logOdds(firstPassOf(parent)),
    prior: logOdds(rules),
    l2: l2 ?? training.l2,
    ...(l1 === undefined ? {} : { l1 }),
    slope,
    maxIterations: from === undefined ? MAX_ITERATIONS : Math.max(from.iterations, 1),
    patience: PATIENCE,
    ...(method && { method }),
    ...(seed === undefined ? {} : { seed }),
    device,
    ...(onIteration && { onIteration }),
  });
}

/**
 * The fitted weights as a scorer, calibrated on its points as they are rounded for serving. From the objective's scale to
 * the parent's: a point stays worth as many log-odds of a reward, which is what `slope` was measured in. A listwise fit's
 * own log-odds are smaller where several items of a slate are rewarded: divided by the slope as they are, points shrank
 * with every training that started from the last one, until exploration alone decided.
 */
export function firstPassScorer(
  fit: Fit,
  { parent, name, slope }: FirstPassOptions,
  set: TrainingSet,
): AdditiveScorer {
  const { schema } = parent;
  const codes = { ...set, features: schema.features.length };
  const served = fit.weights.subarray(0, schema.features.length * STRIDE);
  const { slope: found } = calibrate(additiveScores(codes, served), set.reward);
  const stretch = found > 0 ? found : 1;
  const bounds = new Map(
    schema.constraints.flatMap(({ feature, min = -Infinity, max = Infinity }) =>
      min === -Infinity && max === Infinity ? [] : [[feature, { min, max }]],
    ),
  );
  const points = Object.fromEntries(
    schema.features.map((spec, feature) => {
      // What all items have in common moves no ranking, so that no fit takes it back: stretched, it would grow for ever.
      // Where the schema bounds the points it says what level they have.
      const bound = bounds.get(spec.name);
      const common = bound === undefined ? meanWeight(set, served, feature) : 0;
      const { min, max } = bound ?? { min: -Infinity, max: Infinity };
      const pointsOf = (weight: number) =>
        Math.min(max, Math.max(min, (common + stretch * (weight - common)) / slope));
      return [
        spec.name,
        Array.from({ length: bucketCount(spec) }, (_, bucket) =>
          pointsOf(served[feature * STRIDE + bucket]),
        ),
      ];
    }),
  );
  const scorer = additiveFromPoints(schema, points, {
    version: parent.version,
    name,
    parent: parent.version,
    exploration: parent.exploration,
  });
  return { ...scorer, calibration: calibrate(pointsPerRow(scorer, set), set.reward) };
}

/** Of a feature over the rows of the set; 0 where it has none. */
function meanWeight({ rows, codes }: TrainingSet, weights: Float64Array, feature: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++)
    sum += weights[feature * STRIDE + codes[feature * rows + row]];
  return sum / Math.max(rows, 1);
}

/** The effect of the shown slot on each row, in log-odds: what the features that only training has add up to. */
export function slotEffect(
  weights: Float64Array,
  schema: Schema,
  { rows, features, codes }: TrainingSet,
): Float64Array {
  const effect = new Float64Array(rows);
  for (let feature = schema.features.length; feature < features; feature++)
    for (let row = 0; row < rows; row++)
      effect[row] += weights[feature * STRIDE + codes[feature * rows + row]];
  return effect;
}

/** `Float64Array(features × STRIDE)`; a training-only position feature starts at 0. */
export function toLogOdds(scorer: AdditiveScorer, features: number, slope: number): Float64Array {
  const weights = emptyWeights(features);
  scorer.weights.forEach((units, j) => (weights[j] = toPoints(units) * slope));
  return weights;
}
