import type { Schema } from '../../../../shared/features/schema.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import type { Device } from '../device/device.ts';
import type { FitMethod } from '../fit-method.ts';
import type { FitStep } from '../fit-step.ts';

export interface FitOptions {
  readonly schema: Schema;
  readonly objective: 'listwise' | 'pointwise';
  /** Start of the descent, log-odds, `Float64Array(set.features × STRIDE)`. */
  readonly start: Float64Array;
  /** What ridge and lasso pull towards, same shape. */
  readonly prior: Float64Array;
  readonly l2: number;
  /** How many times `l2` counts on each weight, same shape; absent: once. */
  readonly ridge?: Float64Array;
  readonly l1?: number;
  /** Log-odds per point. */
  readonly slope: number;
  /** Epochs, with mini-batches. */
  readonly maxIterations: number;
  /** Stop when the validation loss has not improved for this many iterations. */
  readonly patience: number;
  /** Stop when an iteration saves less than this share of the objective; default 1e-9. */
  readonly tolerance?: number;
  /** Default full-batch. */
  readonly method?: FitMethod;
  /** Of the order of mini-batches; default 1. */
  readonly seed?: number;
  readonly device: Device;
  readonly onIteration?: (step: FitStep) => void;
}

export interface Fit {
  /** Log-odds, `Float64Array(set.features × STRIDE)`: those of the best iteration. */
  readonly weights: Float64Array;
  readonly iterations: number;
  readonly curve: readonly FitStep[];
  /** Diagonal of the loss's hessian at the weights, same shape; the penalties are no part of it. */
  readonly curvature: Float64Array;
}

export const emptyWeights = (features: number): Float64Array => new Float64Array(features * STRIDE);
