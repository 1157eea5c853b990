import type { EncodedRequest } from '../features/encode.ts';
import { Kept } from '../memory/kept.ts';
import { forEachExcluded } from './excluded-codes.ts';
import type { Scorer } from './scorer.ts';
import type { Scored } from './top-k.ts';
import { numberOf } from './number-of.ts';
import { zeroFeatures } from './zero-features.ts';

const MOST_KEPT_BYTES = 6 << 20;
/** Of a row and its units: an object of two small whole numbers, and its place in a list. */
const SCORED_BYTES = 32;
/** The same under rules, with what boosts add, and the groups and quotas that the row is of. */
const RULED_BYTES = 64;
const NUMBER_BYTES = 8;
/** Of what was asked once, a power of two. */
const SEEN_SLOTS = 1 << 13;

/** With what the slate's rules make of it, where there are any. */
interface Found {
  readonly best: readonly Scored[];
  readonly ruled?: unknown;
}

interface Entry {
  readonly signature: readonly number[];
  readonly found: Found;
}

/**
 * The best rows of earlier requests (docs/adr/0039-keeping-what-requests-share.md). What a request makes of the catalogue is told by the
 * numbers of its plans and by what filters exclude at its moment, so requests in other words, or a moment later, share an entry
 * exactly as long as nothing differs; there is no age after which one would have to go. Nothing of the visitor is kept.
 *
 * What is asked for the first time is only noted: to keep what nobody asks for again costs more than to recognise it.
 */
export class KeptPools {
  readonly counts = { hits: 0, misses: 0, unkept: 0 };
  /** By the hash of the signature; of two signatures with one hash the later one stays. */
  readonly #kept = new Kept<Entry>(MOST_KEPT_BYTES);
  /** Hashes of what was asked, by their low bits. */
  readonly #seen = new Uint32Array(SEEN_SLOTS);

  get sizeBytes(): number {
    return this.#kept.sizeBytes;
  }

  /**
   * @param scorer without raises. @param asked.of numbers that tell what is wanted, besides what the request makes of the catalogue. @param
   * asked.find finds it, and is told whether it is kept for requests that ask the same.
   * @returns what no caller may change.
   */
  of<T extends Found>(
    scorer: Scorer,
    encoded: EncodedRequest,
    nowMs: number,
    { of, find }: { readonly of: readonly number[]; readonly find: (isKept: boolean) => T },
  ): T {
    const { counts } = this;
    signature.length = 0;
    signature.push(numberOf(encoded.table), numberOf(scorer), of.length);
    for (let i = 0; i < of.length; i++) signature.push(of[i]);
    if (!sign(scorer, encoded, nowMs)) {
      counts.unkept++;
      return find(false);
    }
    const hash = hashOf(signature);
    const before = this.#kept.get(hash);
    if (before !== undefined && isSigned(before)) {
      counts.hits++;
      // What is wanted is told by the signature.
      return before.found as T;
    }
    counts.misses++;
    const slot = hash & (SEEN_SLOTS - 1);
    if (this.#seen[slot] !== hash) {
      this.#seen[slot] = hash;
      return find(false);
    }
    const own = signature.slice();
    const found = find(true);
    const perRow = found.ruled === undefined ? SCORED_BYTES : RULED_BYTES;
    const sizeBytes = found.best.length * perRow + own.length * NUMBER_BYTES;
    this.#kept.set(hash, { signature: own, found }, sizeBytes);
    return found;
  }
}

/** Of the request that is ranked; shared, as only one is at a time. */
const signature: number[] = [];

/**
 * Appends all that decides which rows of a table are best under a scorer, besides these. A re-ranker reads every feature, the first
 * pass those that weigh anything.
 * @returns false where a plan was made for this request alone, as of what the visitor did before.
 */
function sign(scorer: Scorer, encoded: EncodedRequest, nowMs: number): boolean {
  const { plans, table } = encoded;
  if (table.ordered) return false;
  const { kind, weights, crosses } = scorer;
  const isZero = kind === 'additive' && crosses === undefined ? zeroFeatures(weights) : undefined;
  for (let feature = 0; feature < plans.length; feature++) {
    if (isZero?.[feature] === 1) continue;
    const { id } = plans[feature];
    if (id === undefined) return false;
    signature.push(id);
  }
  forEachExcluded(encoded, nowMs, (column, from, to) => signature.push(column, from, to));
  return true;
}

const isSigned = ({ signature: own }: Entry): boolean =>
  own.length === signature.length && own.every((number, i) => number === signature[i]);

/** 32 bits, by MurmurHash3's mixing of words (A. Appleby). Equal hashes are told apart by what was hashed. */
function hashOf(numbers: readonly number[]): number {
  let hash = numbers.length;
  for (let i = 0; i < numbers.length; i++) {
    const word = Math.imul(numbers[i], 0xcc9e2d51);
    hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
