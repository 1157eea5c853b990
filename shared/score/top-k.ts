import { MAX_SCORE_UNITS } from './scorer.ts';

export interface Scored {
  readonly row: number;
  /** Fixed-point score, see scorer.ts. */
  readonly units: number;
}

/** Keeps the k best rows offered: a binary heap whose root is the worst kept. Of equal scores the earlier row is better. */
export class TopK {
  /** Offers at or under this cannot enter. Starts where only excluded rows lie. */
  threshold = -MAX_SCORE_UNITS;
  readonly #units: Int32Array;
  readonly #rows: Int32Array;
  #size = 0;

  constructor(k: number) {
    this.#units = new Int32Array(k);
    this.#rows = new Int32Array(k);
  }

  /** Rows must be offered in rising order: a later row with an equal score loses. */
  offer(row: number, units: number): void {
    if (units <= this.threshold) return;
    if (this.#size < this.#units.length) {
      this.#siftUp(this.#size++, row, units);
      if (this.#size === this.#units.length) this.threshold = this.#units[0]!;
      return;
    }
    this.#siftDown(row, units);
    this.threshold = this.#units[0]!;
  }

  /** Best first. */
  sorted(): Scored[] {
    return Array.from({ length: this.#size }, (_, i) => ({
      row: this.#rows[i]!,
      units: this.#units[i]!,
    })).toSorted((a, b) => b.units - a.units || a.row - b.row);
  }

  #worse(i: number, row: number, units: number): boolean {
    return this.#units[i]! < units || (this.#units[i] === units && this.#rows[i]! > row);
  }

  #siftUp(from: number, row: number, units: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#worse(parent, row, units)) break;
      this.#units[at] = this.#units[parent]!;
      this.#rows[at] = this.#rows[parent]!;
      at = parent;
    }
    this.#units[at] = units;
    this.#rows[at] = row;
  }

  #siftDown(row: number, units: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#worse(child + 1, this.#rows[child]!, this.#units[child]!))
        child++;
      if (!this.#worse(child, row, units)) break;
      this.#units[at] = this.#units[child]!;
      this.#rows[at] = this.#rows[child]!;
      at = child;
    }
    this.#units[at] = units;
    this.#rows[at] = row;
  }
}
