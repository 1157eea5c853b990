import type { Version } from '../../shared/domain/ids.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Env } from '../env.ts';
import { readScorer } from './read-scorer.ts';

const MOST_KEPT = 8;
const CACHE_TTL_S = 30;

/** Stored versions that previews and replays ask for by name; the last few stay in memory. */
export class PinnedScorers {
  readonly #kept = new Map<Version, Scorer>();
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  /** @throws ApiError 404 when there is no such version. */
  async get(version: Version): Promise<Scorer> {
    const kept = this.#kept.get(version);
    if (kept !== undefined) return kept;
    const { scorer } = await readScorer(this.#env.WEIGHTS, version, CACHE_TTL_S);
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(version, scorer);
    return scorer;
  }
}
