import { seededRandom } from '../../../../shared/explore/random.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import { shuffle } from '../../statistics/shuffle.ts';
import { codesByRow } from '../code-matrix.ts';
import { lossOf } from '../loss.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';
import type { AdditiveProblem } from './additive-problem.ts';
import { project } from './constraints.ts';
import type { FitOptions } from './fit-options.ts';
import type { Progress } from './progress.ts';

/** Kingma & Ba's decay of the two moments. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** Log-odds per step in the first epoch; in epoch t it is 1/√t of that (their section 4). */
const RATE = 0.03;
const BATCH_ROWS = 512;
/** Small sets have smaller batches: an epoch of few steps learns little. */
const LEAST_BATCHES = 32;

/**
 * Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015) on mini-batches of whole slates, in a
 * new random order for each epoch. A batch updates the weights of the buckets that its rows have, and no others. The
 * penalties of the steps since a weight's last update are applied with the next one: ridge in the gradient, lasso as
 * a soft threshold around the prior. An iteration of this descent is an epoch; constraints are restored after each.
 * @returns the handle of scores that it no longer needs.
 */
export async function miniBatch(
  problem: AdditiveProblem,
  progress: Progress,
  options: FitOptions,
  set: TrainingSet,
): Promise<number> {
  const { schema, slope, prior, l1 = 0, l2, ridge, start, seed = 1 } = options;
  const { loss } = problem;
  const stride = set.features;
  const byRow = codesByRow(set, stride);
  const batchLoss = lossOf(options.objective);
  const slates = slateCount(set);
  const batches = Math.max(1, Math.ceil(set.rows / BATCH_ROWS), Math.min(LEAST_BATCHES, slates));
  const perBatch = Math.ceil(slates / batches);

  const weights = Float64Array.from(start);
  const scale = new Float64Array(weights.length);
  const scores = loss.allocateScores();
  loss.score(weights, scores);
  await problem.curvature(scores, scale);
  project(schema, weights, scale, slope);

  const gradient = new Float64Array(weights.length);
  const mean = new Float64Array(weights.length);
  const square = new Float64Array(weights.length);
  const updates = new Uint32Array(weights.length);
  const updatedAt = new Uint32Array(weights.length);
  /** The last step whose batch had the bucket. */
  const lastStep = new Uint32Array(weights.length);
  const touched: number[] = [];
  const random = seededRandom(seed);
  const order = Uint32Array.from({ length: slates }, (_, slate) => slate);

  /** Adds the gradient of these slates to that of the buckets they have. */
  const addGradient = (from: number, to: number, step: number) => {
    for (let i = from; i < to; i++) {
      const [first, end] = [set.starts[order[i]], set.starts[order[i] + 1]];
      const rows = end - first;
      const own = {
        rows,
        starts: Uint32Array.of(0, rows),
        reward: set.reward.subarray(first, end),
        ...(set.outside && { outside: set.outside.subarray(order[i], order[i] + 1) }),
      };
      const [s, g, h] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)];
      for (let row = 0; row < rows; row++)
        for (let f = 0; f < set.features; f++)
          s[row] += weights[f * STRIDE + byRow[(first + row) * stride + f]];
      batchLoss(own, s, g, h);
      for (let row = 0; row < rows; row++)
        for (let f = 0; f < set.features; f++) {
          const j = f * STRIDE + byRow[(first + row) * stride + f];
          if (lastStep[j] !== step) {
            lastStep[j] = step;
            gradient[j] = 0;
            touched.push(j);
          }
          gradient[j] += g[row];
        }
    }
  };
  let step = 0;
  for (let epoch = 1, goesOn = true; goesOn; epoch++) {
    shuffle(order, random);
    const rate = RATE / Math.sqrt(epoch);
    for (let from = 0; from < slates; from += perBatch) {
      const to = Math.min(from + perBatch, slates);
      step++;
      touched.length = 0;
      addGradient(from, to, step);
      const share = slates / (to - from);
      for (const j of touched) {
        const stepsSince = step - updatedAt[j];
        updatedAt[j] = step;
        updates[j]++;
        const pull = stepsSince * l2 * (ridge?.[j] ?? 1);
        const g = share * gradient[j] + pull * (weights[j] - prior[j]);
        mean[j] = BETA1 * mean[j] + (1 - BETA1) * g;
        square[j] = BETA2 * square[j] + (1 - BETA2) * g * g;
        const size = rate / (Math.sqrt(square[j] / (1 - BETA2 ** updates[j])) + EPSILON);
        weights[j] -= (size * mean[j]) / (1 - BETA1 ** updates[j]);
        if (l1 === 0) continue;
        const off = weights[j] - prior[j];
        weights[j] =
          prior[j] + Math.sign(off) * Math.max(0, Math.abs(off) - size * stepsSince * l1);
      }
    }
    // A weight whose bucket no row has is only penalised: its optimum is the prior.
    if (l1 > 0 || l2 > 0)
      for (let j = 0; j < weights.length; j++) if (updates[j] === 0) weights[j] = prior[j];
    project(schema, weights, scale, slope);
    loss.score(weights, scores);
    const smooth = await loss.value(scores);
    const objective = smooth + problem.ridge(weights) + problem.lasso(weights);
    goesOn = await progress.goesOn(weights, smooth, objective);
  }
  return scores;
}
