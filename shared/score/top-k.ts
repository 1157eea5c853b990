import { MAX_SCORE_UNITS } from './scorer.ts';

/** A row of the item table and its score. */
export interface Scored {
  readonly row: number;
  /** Score in fixed-point units (`scorer.ts`). */
  readonly units: number;
}

/**
 * Rows take 25 bits and units 28 bits with their sign, so a key
 * that combines both is an integer that a double holds exactly.
 */
export const ROWS = 2 ** 25;
/** Keys order rows as the ranking does: more units first, and of equal units the earlier row. */
export const keyOf = (row: number, units: number): number => units * ROWS - row;
const unitsOf = (key: number) => Math.ceil(key / ROWS) | 0;

/** The k best of the rows offered, kept in a binary heap whose root is the worst of them. */
export class TopK {
  /** A row with fewer units cannot enter. */
  leastUnits: number;
  /** A row must have a higher key to enter. */
  leastKey: number;
  readonly #keys: Float64Array;
  #size = 0;

  /** @param floor the fewest units that are wanted. The default keeps out excluded rows, as more than it does. */
  constructor(k: number, floor = -MAX_SCORE_UNITS + 1) {
    this.leastUnits = Math.max(floor, -MAX_SCORE_UNITS + 1);
    this.leastKey = keyOf(0, this.leastUnits - 1);
    this.#keys = new Float64Array(k);
  }

  offer(row: number, units: number): void {
    const key = keyOf(row, units);
    if (key <= this.leastKey) return;
    if (this.#size < this.#keys.length) this.#siftUp(this.#size++, key);
    else if (this.#size > 0) this.#siftDown(key);
    if (this.#size < this.#keys.length) return;
    this.leastKey = this.#keys[0];
    this.leastUnits = unitsOf(this.leastKey);
  }

  /** How many rows it is to keep. */
  get wanted(): number {
    return this.#keys.length;
  }
  /** The keys so far, in a heap whose root is the worst of them. */
  get keys(): Float64Array {
    return this.#keys.subarray(0, this.#size);
  }
  /** Takes what the heap holds once others have offered rows to it. */
  take(keys: Float64Array): void {
    this.#keys.set(keys);
    this.#size = keys.length;
  }

  /** Best first. */
  sorted(): Scored[] {
    const keys = this.#keys.subarray(0, this.#size).toSorted();
    const rows: Scored[] = [];
    for (let i = keys.length - 1; i >= 0; i--) {
      const units = unitsOf(keys[i]);
      rows.push({ row: units * ROWS - keys[i], units });
    }
    return rows;
  }

  #siftUp(from: number, key: number): void {
    const keys = this.#keys;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent] < key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  #siftDown(key: number): void {
    const [keys, size] = [this.#keys, this.#size];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1] < keys[child]) child++;
      if (keys[child] > key) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = key;
  }
}
