import { bucketCount, type Schema } from '../../shared/features/schema.ts';
import {
  additiveFromPoints,
  STRIDE,
  toPoints,
  type AdditiveScorer,
  type Calibration,
} from '../../shared/score/scorer.ts';
import { judge, type GateReport } from '../evaluate/gate.ts';
import { clusteredMean, type Estimate } from '../evaluate/interval.ts';
import { hitAt, ndcgAt, reciprocalRank } from '../evaluate/ranking-metrics.ts';
import { calibrate } from './calibrate.ts';
import { emptyWeights, fitAdditive, type Fit, type FitStep } from './fit-additive.ts';
import { additiveScores } from './histogram.ts';

import { slateCount, splitByTime, withPosition, type TrainingSet } from './training-set.ts';

export interface LearnOptions {
  /** Whose points the descent starts from. */
  readonly parent: AdditiveScorer;
  readonly name: string;
  readonly l2?: number;
  readonly onIteration?: (step: FitStep) => void;
}

/** A scorer that has no version yet: it gets one when it is stored. */
export type UnversionedScorer = Omit<AdditiveScorer, 'version'>;

export interface Learned {
  readonly scorer: UnversionedScorer;
  readonly curve: readonly FitStep[];
  readonly iterations: number;
  readonly gate: GateReport;
  /** On the held-out slates, parent and learned, ranked by score alone. */
  readonly validation: { readonly parent: RankingSummary; readonly learned: RankingSummary };
}

export interface RankingSummary {
  readonly mrr?: Estimate;
  readonly ndcg10?: Estimate;
  readonly hit1?: Estimate;
}

const VALIDATION_SHARE = 0.2;
const MAX_ITERATIONS = 400;
const PATIENCE = 20;
/** Log-odds per point when the parent's points foretell nothing: 20 points are then e-fold odds. */
const DEFAULT_SLOPE = 0.05;
const MIN_SLOPE = 0.005;

/**
 * Learns an additive scorer from a warm start: fit on the earlier slates with early stopping on the latest
 * fifth, judge against the parent there, then refit on all of them for as many iterations.
 */
export function learnAdditive(set: TrainingSet, options: LearnOptions): Learned {
  const { parent } = options;
  const { schema } = parent;
  const training = schema.training;
  const shown = training.position === 'feature' ? withPosition(set) : set;
  const [train, validation] = splitByTime(shown, VALIDATION_SHARE);
  const slope = warmSlope(parent, train);
  const scaled = (points: AdditiveScorer) => toLogOdds(points, shown.features, slope);
  const rules = additiveFromPoints(schema, schema.rules, {
    version: parent.version,
    name: 'rules',
  });
  const settings = {
    schema,
    objective: training.objective,
    start: scaled(parent),
    prior: scaled(rules),
    l2: options.l2 ?? training.l2,
    slope,
    maxIterations: MAX_ITERATIONS,
    patience: PATIENCE,
    ...(options.onIteration && { onIteration: options.onIteration }),
  };
  const trial = fitAdditive(train, validation, settings);
  const trialScorer = toScorer(trial, schema, slope, options, train);
  const champion = withPositionOf(scaled(parent), trial.weights, schema);
  const whole = {
    ...settings,
    start: trial.weights,
    maxIterations: Math.max(trial.iterations, 1),
    onIteration: undefined,
  };
  const final = fitAdditive(shown, undefined, whole);
  return {
    scorer: toScorer(final, schema, slope, options, shown),
    curve: trial.curve,
    iterations: trial.iterations,
    gate: judge(lossGain(validation, champion, trial.weights)),
    validation: {
      parent: summarise(parent, validation),
      learned: summarise(trialScorer, validation),
    },
  };
}

function warmSlope(parent: AdditiveScorer, set: TrainingSet): number {
  const { slope } = calibrate(pointsPerRow(parent, set), set.reward);
  return slope > MIN_SLOPE ? slope : DEFAULT_SLOPE;
}

/** Log-odds weights with the parent's points; a training-only position feature starts at 0. */
function toLogOdds(scorer: AdditiveScorer, features: number, slope: number): Float64Array {
  const weights = emptyWeights(features);
  scorer.weights.forEach((units, j) => (weights[j] = toPoints(units) * slope));
  return weights;
}

function toScorer(
  fit: Fit,
  schema: Schema,
  slope: number,
  options: LearnOptions,
  set: TrainingSet,
): UnversionedScorer {
  const points = Object.fromEntries(
    schema.features.map((spec, feature) => [
      spec.name,
      Array.from(
        { length: bucketCount(spec) },
        (_, bucket) => fit.weights[feature * STRIDE + bucket] / slope,
      ),
    ]),
  );
  const { name, parent } = options;
  const about = {
    version: parent.version,
    name,
    parent: parent.version,
    exploration: parent.exploration,
  };
  const { version: _, ...scorer } = additiveFromPoints(schema, points, about);
  // Calibrated on the rounded points that will serve, so that P(reward) is right to the last digit shown.
  const calibration: Calibration = calibrate(pointsPerRow(scorer, set), set.reward);
  return { ...scorer, calibration };
}

/** A fair champion for the gate: the parent's weights with the position effects that the challenger may use too. */
function withPositionOf(
  champion: Float64Array,
  challenger: Float64Array,
  schema: Schema,
): Float64Array {
  const own = schema.features.length * STRIDE;
  champion.set(challenger.subarray(own), own);
  return champion;
}

/** Per held-out slate with a reward: champion's loss minus challenger's. */
function lossGain(
  set: TrainingSet,
  champion: Float64Array,
  challenger: Float64Array,
): Estimate | undefined {
  const [before, after] = [additiveScores(set, champion), additiveScores(set, challenger)];
  const gains: number[] = [];
  const sessions: number[] = [];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    const reward = set.reward.subarray(from, to);
    if (!reward.some((value) => value > 0)) continue;
    gains.push(
      slateLoss(before.subarray(from, to), reward) - slateLoss(after.subarray(from, to), reward),
    );
    sessions.push(set.session[slate]);
  }
  return clusteredMean(gains, sessions);
}

/** Softmax cross-entropy per unit of reward. */
function slateLoss(scores: Float64Array, reward: Float64Array): number {
  const best = Math.max(...scores);
  const logSum = best + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - best), 0));
  let [loss, earned] = [0, 0];
  reward.forEach((value, i) => {
    loss += value * (logSum - scores[i]);
    earned += value;
  });
  return loss / earned;
}

function pointsPerRow(scorer: UnversionedScorer, set: TrainingSet): Float64Array {
  const weights = Float64Array.from(scorer.weights, toPoints);
  return additiveScores(
    { rows: set.rows, features: scorer.schema.features.length, codes: set.codes },
    weights,
  );
}

function summarise(scorer: UnversionedScorer, set: TrainingSet): RankingSummary {
  const scores = pointsPerRow(scorer, set);
  const [mrr, ndcg10, hit1, sessions]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let slate = 0; slate < slateCount(set); slate++) {
    const rows = Array.from(
      { length: set.starts[slate + 1] - set.starts[slate] },
      (_, i) => set.starts[slate] + i,
    );
    const gains = rows
      .toSorted((a, b) => scores[b] - scores[a] || a - b)
      .map((row) => set.reward[row]);
    if (!gains.some((gain) => gain > 0)) continue;
    mrr.push(reciprocalRank(gains));
    ndcg10.push(ndcgAt(gains, 10));
    hit1.push(hitAt(gains, 1));
    sessions.push(set.session[slate]);
  }
  const of = (values: number[]) => clusteredMean(values, sessions);
  return { mrr: of(mrr), ndcg10: of(ndcg10), hit1: of(hit1) };
}
