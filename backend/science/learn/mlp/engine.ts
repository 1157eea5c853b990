import { listwiseLoss, pointwiseLoss } from '../loss.ts';
import { adamStep, type AdamOptions, type MlpState } from './adam.ts';
import type { Batch, MlpObjective } from './batches.ts';
import { backward, forward, makeActivations } from './gradient.ts';
import type { MlpLayout } from './parameters.ts';

/** What the arithmetic of a run is done by: the CPU here, the GPU in `gpu/mlp.ts`. */
export interface MlpEngine {
  write(state: MlpState): void;
  /** One step of Adam. Resolves when more work may be handed in. */
  step(batch: Batch): Promise<void>;
  /** Total loss of the batches stepped on since the last call, each before its step. */
  takeLoss(): Promise<number>;
  scores(batch: Batch): Promise<ArrayLike<number>>;
  read(): Promise<MlpState>;
  destroy(): void;
}

export interface EngineOptions extends AdamOptions {
  readonly objective: MlpObjective;
  readonly mostRows: number;
  readonly mostSlates: number;
}

export type MakeEngine = (layout: MlpLayout, options: EngineOptions) => MlpEngine;

/** Parameters are f32, everything between them f64. */
export const cpuEngine: MakeEngine = (layout, options) => {
  const { objective, mostRows } = options;
  const activations = makeActivations(layout, mostRows);
  const lossOf = objective === 'listwise' ? listwiseLoss : pointwiseLoss;
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
      loss += lossOf(batch, activations.scores, slope, hessian);
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
