import { firstPassOf, STRIDE, type Scorer } from '../../../shared/score/scorer.ts';
import { toLogOdds, warmSlope } from './additive/first-pass.ts';
import { withCrossColumns } from './crosses/cross-columns.ts';
import { additiveScores } from './histogram.ts';
import { teachAlone } from './outside-option.ts';
import { slateCount, withPosition, type TrainingSet } from './training-set.ts';

const ROUNDS = 5;
/** Pseudo-count of each bucket, which keeps one with few rewards near the base. */
const PRIOR = 1;

/**
 * The chance of each row in its slate, or of a slate of one that it is rewarded (1 where it teaches nothing: `teachAlone`),
 * by what the features, and the slot where it is shown, say in another set: an additive conditional logit that starts at a
 * base's weights, fitted feature by feature by iterative scaling
 * (Darroch & Ratcliff, 1972), `w_b += log(earned_b / expected_b)`.
 * @param learned the set that is fitted on, each slate with a reward or of one. @returns `Float64Array(set.rows)`.
 */
export function usualChances(set: TrainingSet, learned: TrainingSet, base: Scorer): Float64Array {
  const first = firstPassOf(base);
  const withSlot = base.schema.training.position === 'given' ? same : withPosition;
  const crossed = (one: TrainingSet) => withSlot(withCrossColumns(one, base.schema, base.crosses));
  const fitted = crossed(learned);
  const weights = toLogOdds(first, fitted, warmSlope(base, learned));
  const scores = additiveScores(fitted, weights);
  for (let round = 0; round < ROUNDS; round++)
    for (let feature = 0; feature < fitted.features; feature++)
      scaleFeature(fitted, feature, weights, scores);
  return chancesOf(set, additiveScores(crossed(set), weights));
}

const same = (set: TrainingSet) => set;

/** One step of iterative scaling for the buckets of one feature; weights and scores are changed in place. */
function scaleFeature(
  set: TrainingSet,
  feature: number,
  weights: Float64Array,
  scores: Float64Array,
): void {
  const codes = set.codes.subarray(feature * set.rows, (feature + 1) * set.rows);
  const earned = new Float64Array(STRIDE).fill(PRIOR);
  const expected = new Float64Array(STRIDE).fill(PRIOR);
  const chances = chancesOf(set, scores);
  const unrewarded = massUnrewarded(set);
  for (let slate = 0; slate < slateCount(set); slate++) {
    const [from, to] = [set.starts[slate], set.starts[slate + 1]];
    let mass = 0;
    for (let row = from; row < to; row++) mass += set.reward[row];
    if (mass === 0) mass = unrewarded[slate];
    for (let row = from; row < to; row++) {
      earned[codes[row]] += set.reward[row];
      expected[codes[row]] += mass * chances[row];
    }
  }
  const step = earned.map((value, bucket) => Math.log(value / expected[bucket]));
  for (let bucket = 0; bucket < STRIDE; bucket++)
    weights[feature * STRIDE + bucket] += step[bucket];
  for (let row = 0; row < set.rows; row++) scores[row] += step[codes[row]];
}

/** How much each slate without a reward weighs: the mean reward of those with one where it teaches alone, else 0. */
export function massUnrewarded(set: TrainingSet): Float64Array {
  const { starts, reward } = set;
  const earned = reward.filter((value) => value > 0);
  const mean = earned.reduce((sum, value) => sum + value, 0) / Math.max(earned.length, 1);
  return Float64Array.from(teachAlone(set), (teaches, slate) =>
    teaches === 1 && reward[starts[slate]] === 0 ? mean : 0,
  );
}

/** The softmax of each slate's scores, in log-odds, and of slates of one that teach their probabilities. */
function chancesOf(set: TrainingSet, scores: Float64Array): Float64Array {
  const { starts } = set;
  const teaches = teachAlone(set);
  const chances = new Float64Array(scores.length);
  for (let slate = 0; slate + 1 < starts.length; slate++) {
    if (teaches[slate] === 1) {
      chances[starts[slate]] = 1 / (1 + Math.exp(-scores[starts[slate]]));
      continue;
    }
    let [most, total] = [-Infinity, 0];
    for (let row = starts[slate]; row < starts[slate + 1]; row++)
      most = Math.max(most, scores[row]);
    for (let row = starts[slate]; row < starts[slate + 1]; row++)
      total += chances[row] = Math.exp(scores[row] - most);
    for (let row = starts[slate]; row < starts[slate + 1]; row++) chances[row] /= total;
  }
  return chances;
}
