import type { Version } from '../../shared/domain/ids.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { readScorer } from '../artifacts/read-scorer.ts';
import type { Env } from '../platform/env.ts';

const MAX_SCORERS = 8;
const CACHE_TTL_S = 30;

/** The stored versions that callers ask for by name (previews and replays). The last eight stay in memory. */
export class PinnedScorers {
  readonly #scorers = new Map<Version, Scorer>();
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  /** @throws ApiError 404 when the version is not stored. */
  async get(version: Version): Promise<Scorer> {
    const cached = this.#scorers.get(version);
    if (cached !== undefined) return cached;
    const { scorer } = await readScorer(this.#env.WEIGHTS, version, CACHE_TTL_S);
    if (this.#scorers.size >= MAX_SCORERS) this.#scorers.delete(this.#scorers.keys().next().value!);
    this.#scorers.set(version, scorer);
    return scorer;
  }
}
