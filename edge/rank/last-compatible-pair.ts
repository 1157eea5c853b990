import { bundledRulesOf } from './bundled-rules.ts';
import type { LoadedSnapshot } from './snapshot-cache.ts';
import type { CachedWeights } from './cached-weights.ts';

/** Weights and a snapshot that have the same schema. */
export interface CompatiblePair {
  readonly weights: CachedWeights;
  readonly snapshot: LoadedSnapshot;
}

/**
 * Weights and catalogue have a pointer each, so after a change of schema they can differ in schema for a while. Until
 * both have the new schema, the whole catalogue is ranked with the last pair that was compatible; an isolate that has
 * seen no such pair uses the bundled rules, if the snapshot's schema is the default one of some release.
 */
export class LastCompatiblePair {
  #pair: CompatiblePair | undefined;

  /** @returns undefined when no compatible pair is known. */
  pairFor(weights: CachedWeights, snapshot: LoadedSnapshot): CompatiblePair | undefined {
    if (weights.scorer.schema.hash === snapshot.schemaHash) {
      if (this.#pair?.weights !== weights || this.#pair.snapshot !== snapshot)
        this.#pair = { weights, snapshot };
      return this.#pair;
    }
    const problem = `weights ${weights.scorer.version} are of another schema than snapshot ${snapshot.hash}`;
    if (this.#pair !== undefined)
      return { ...this.#pair, weights: { ...this.#pair.weights, problem } };
    const scorer = bundledRulesOf(snapshot.schemaHash);
    return scorer && { weights: { scorer, delta: 0, problem }, snapshot };
  }
}
