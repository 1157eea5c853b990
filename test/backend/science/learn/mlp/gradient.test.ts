import { bucketCounts } from '../../../../../backend/science/learn/mlp/groupings.ts';
import { expect, test } from 'vitest';
import { Batches } from '../../../../../backend/science/learn/mlp/batches.ts';
import {
  backward,
  forward,
  makeActivations,
  type Parameters,
} from '../../../../../backend/science/learn/mlp/gradient.ts';
import {
  initialParameters,
  layoutOf,
} from '../../../../../backend/science/learn/mlp/parameters.ts';
import { lossOf } from '../../../../../backend/science/learn/loss.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { agreeingSlates } from './support.ts';

test.for([
  ['one hidden layer, pointwise', 0, 'pointwise'],
  ['one hidden layer, listwise', 0, 'listwise'],
  ['two hidden layers, pointwise', 8, 'pointwise'],
  ['two hidden layers, listwise', 8, 'listwise'],
] as const)('the gradient equals finite differences: %s', ([, hidden, objective]) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = seededRandom(seed);
  const set = agreeingSlates(12, 3, seed);
  const base = Float32Array.from({ length: set.rows }, () => random() - 0.5);
  const [batch] = new Batches({ ...set, base }, objective, 1000).shuffled(seed);
  const layout = layoutOf({ features: 3, width: 4, hidden });
  const start = Float64Array.from(
    initialParameters(layout, bucketCounts(set), seed),
    // Biases start at 0, where nothing would be tested.
    (value, at) => (at >= layout.embeddingBias && value === 0 ? random() - 0.5 : value),
  );
  const activations = makeActivations(layout, batch.rows);
  const [slope, hessian] = [new Float64Array(batch.rows), new Float64Array(batch.rows)];
  const lossAt = (parameters: Parameters) => {
    forward(layout, parameters, batch, activations);
    return lossOf(objective)(batch, activations.scores, slope, hessian);
  };
  lossAt(start);
  const gradient = new Float64Array(layout.size);
  backward(layout, start, batch, activations, slope, gradient);
  let moved = 0;
  for (let at = 0; at < layout.size; at++) {
    const own = start[at];
    const lossOfStep = (step: number) => {
      start[at] = own + step;
      const loss = lossAt(start);
      start[at] = own;
      return loss;
    };
    const numeric = (step: number) => (lossOfStep(step) - lossOfStep(-step)) / (2 * step);
    // Where a shorter step says otherwise, a unit switches within the longer one: no derivative to compare with.
    const [far, near] = [numeric(1e-5), numeric(2.5e-6)];
    if (Math.abs(far - near) > 1e-5) continue;
    if (near !== 0) moved++;
    expect(Math.abs(gradient[at] - near), `seed ${seed}: parameter ${at}`).toBeLessThan(
      1e-5 * (1 + Math.abs(near)),
    );
  }
  expect(moved, `seed ${seed}`).toBeGreaterThan(20);
});
