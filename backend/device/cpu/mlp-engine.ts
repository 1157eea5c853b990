import type { MakeMlpEngine, MlpState } from '../../science/learn/device/mlp-engine.ts';
import { lossOf } from '../../science/learn/loss.ts';
import { adamStep } from '../../science/learn/mlp/adam.ts';
import { backward, forward, makeActivations } from '../../science/learn/mlp/gradient.ts';

/** One thread, plain loops. Parameters are f32, everything between them f64. */
export const cpuMlpEngine: MakeMlpEngine = (layout, options) => {
  const { objective, mostRows } = options;
  const activations = makeActivations(layout, mostRows);
  const batchLoss = lossOf(objective);
  const slope = new Float64Array(mostRows);
  const hessian = new Float64Array(mostRows);
  const gradient = new Float64Array(layout.size);
  let loss = 0;
  let steps = 0;
  let state: MlpState | undefined;
  const current = () => state ?? fail();
  return {
    write(from) {
      const { parameters, mean, square } = from;
      steps = from.steps;
      state = {
        parameters: parameters.slice(),
        mean: mean.slice(),
        square: square.slice(),
        steps,
      };
    },
    async step(batch) {
      const { parameters } = current();
      forward(layout, parameters, batch, activations);
      loss += batchLoss(batch, activations.scores, slope, hessian);
      for (let row = 0; row < batch.rows; row++) slope[row] /= batch.mass;
      gradient.fill(0);
      backward(layout, parameters, batch, activations, slope, gradient);
      adamStep(layout, current(), gradient, options, ++steps);
    },
    async takeLoss() {
      const taken = loss;
      loss = 0;
      return taken;
    },
    async scores(batch) {
      forward(layout, current().parameters, batch, activations);
      return activations.scores.slice(0, batch.rows);
    },
    async read() {
      const { parameters, mean, square } = current();
      return {
        parameters: parameters.slice(),
        mean: mean.slice(),
        square: square.slice(),
        steps,
      };
    },
    destroy() {
      state = undefined;
    },
  };
};

function fail(): never {
  throw new Error('the engine has no parameters: write a state first');
}
