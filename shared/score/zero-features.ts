import { STRIDE } from './stride.ts';

const known = new WeakMap<Int32Array, Uint8Array>();

/**
 * 1 of features, and behind them learned crosses, whose weights are all 0: they add nothing to any row. Rules weigh few of the
 * features that a schema declares for learning.
 */
export function zeroFeatures(weights: Int32Array): Uint8Array {
  let isZero = known.get(weights);
  if (isZero === undefined) {
    isZero = new Uint8Array(weights.length / STRIDE).fill(1);
    for (let i = 0; i < weights.length; i++)
      if (weights[i] !== 0) isZero[Math.floor(i / STRIDE)] = 0;
    known.set(weights, isZero);
  }
  return isZero;
}
