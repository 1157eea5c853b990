import type { EncodedRequest } from '../features/encode.ts';
import { Kept } from '../features/kept.ts';
import { forEachExcluded } from './excluded-codes.ts';
import type { Scorer } from './scorer.ts';
import type { Scored } from './top-k.ts';
import { zeroFeatures } from './zero-features.ts';

const MOST_KEPT_BYTES = 1 << 22;
/** Of a row and its units: an object of two small whole numbers, and its place in a list. */
const SCORED_BYTES = 32;

/**
 * The best rows of earlier requests (docs/adr/0039-keeping-what-requests-share.md). What a request makes of the catalogue is told by the
 * numbers of its plans and by what filters exclude at its moment, so requests in other words, or a moment later, share an entry
 * exactly as long as nothing differs; there is no age after which one would have to go. Nothing of the visitor is kept.
 */
export class KeptPools {
  readonly counts = { hits: 0, misses: 0, unkept: 0 };
  readonly #kept = new Kept<readonly Scored[]>(MOST_KEPT_BYTES);
  /** Tables and scorers have numbers, so that entries keep neither of them in memory. */
  readonly #numbers = new WeakMap<object, number>();
  #numbered = 0;

  get sizeBytes(): number {
    return this.#kept.sizeBytes;
  }

  /**
   * @param scorer without raises. @param k how many rows are wanted. @param rank finds them.
   * @returns rows that no caller may change.
   */
  of(
    scorer: Scorer,
    encoded: EncodedRequest,
    nowMs: number,
    k: number,
    rank: () => readonly Scored[],
  ): readonly Scored[] {
    const plans = keyOf(scorer, encoded, nowMs);
    if (plans === undefined) {
      this.counts.unkept++;
      return rank();
    }
    const key = `${this.#numberOf(encoded.table)} ${this.#numberOf(scorer)} ${k} ${plans}`;
    const before = this.#kept.get(key);
    if (before !== undefined) {
      this.counts.hits++;
      return before;
    }
    this.counts.misses++;
    const best = rank();
    this.#kept.set(key, best, best.length * SCORED_BYTES);
    return best;
  }

  #numberOf(of: object): number {
    let number = this.#numbers.get(of);
    if (number === undefined) this.#numbers.set(of, (number = ++this.#numbered));
    return number;
  }
}

/**
 * All that decides which rows of a table are best under a scorer. A re-ranker reads every feature, the first pass those that weigh
 * anything.
 * @returns undefined where a plan was made for this request alone, as of what the visitor did before.
 */
function keyOf(scorer: Scorer, encoded: EncodedRequest, nowMs: number): string | undefined {
  const { plans, table } = encoded;
  if (table.ordered) return undefined;
  const { kind, weights, crosses } = scorer;
  const isZero = kind === 'additive' && crosses === undefined ? zeroFeatures(weights) : undefined;
  let key = '';
  for (let feature = 0; feature < plans.length; feature++) {
    if (isZero?.[feature] === 1) continue;
    const { id } = plans[feature];
    if (id === undefined) return undefined;
    key += `${id} `;
  }
  forEachExcluded(encoded, nowMs, (column, from, to) => (key += `-${column}:${from}:${to}`));
  return key;
}
