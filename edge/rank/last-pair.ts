import type { LoadedSnapshot } from './live-snapshot.ts';
import type { WeightsState } from './live-weights.ts';
import { bundledRules } from './fallback.ts';

export interface Pair {
  readonly weights: WeightsState;
  readonly snapshot: LoadedSnapshot;
}

/**
 * Weights and catalogue change by two pointers, so for a while they may be of two schemas. The whole
 * catalogue is then ranked with the last two that fitted, or with the bundled rules where those fit.
 */
export class LastPair {
  #pair: Pair | undefined;

  /** @returns undefined when nothing that fits is known. */
  fitting(weights: WeightsState, snapshot: LoadedSnapshot): Pair | undefined {
    if (weights.scorer.schema.hash === snapshot.schemaHash) {
      if (this.#pair?.weights !== weights || this.#pair.snapshot !== snapshot)
        this.#pair = { weights, snapshot };
      return this.#pair;
    }
    const problem = `weights ${weights.scorer.version} are of another schema than snapshot ${snapshot.hash}`;
    if (this.#pair !== undefined)
      return { ...this.#pair, weights: { ...this.#pair.weights, problem } };
    if (bundledRules.schema.hash === snapshot.schemaHash)
      return { weights: { scorer: bundledRules, delta: 0, problem }, snapshot };
    return undefined;
  }
}
