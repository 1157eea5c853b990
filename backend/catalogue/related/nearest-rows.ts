/**
 * The k rows that are most alike. Of equally alike ones those win that follow the row itself next in the order of ids, going round: so that of many
 * equal items not all have the same neighbours, and an item that is added displaces few.
 */
export class NearestRows {
  readonly #scores: Float64Array;
  readonly #rows: Int32Array;
  readonly #ranks: Float64Array;
  #size = 0;
  #own = 0;
  #count = 0;

  constructor(k: number) {
    this.#scores = new Float64Array(k);
    this.#rows = new Int32Array(k);
    this.#ranks = new Float64Array(k);
  }

  /** Begins anew for a row of so many. */
  begin(own: number, count: number): void {
    this.#size = 0;
    this.#own = own;
    this.#count = count;
  }

  /** What a score must reach; what is not above 0 is not alike. */
  get least(): number {
    return this.#size < this.#scores.length ? Number.MIN_VALUE : this.#scores[0];
  }

  /** Must be offered each row once. */
  offer(row: number, score: number): void {
    if (score < this.least || row === this.#own) return;
    const rank = row > this.#own ? row - this.#own : row - this.#own + this.#count;
    if (this.#size < this.#scores.length) {
      this.#up(this.#size++, row, score, rank);
      return;
    }
    if (score === this.#scores[0] && rank > this.#ranks[0]) return;
    this.#down(row, score, rank);
  }

  /** Calls it for each, the best first. @returns how many there are. */
  each(take: (row: number, score: number, i: number) => void): number {
    const order = Array.from({ length: this.#size }, (_, i) => i).toSorted(
      (a, b) => this.#scores[b] - this.#scores[a] || this.#ranks[a] - this.#ranks[b],
    );
    order.forEach((at, i) => take(this.#rows[at], this.#scores[at], i));
    return this.#size;
  }

  /** Whether the entry at `a` is worse than a given one. */
  #isWorse(a: number, score: number, rank: number): boolean {
    return this.#scores[a] === score ? this.#ranks[a] > rank : this.#scores[a] < score;
  }

  #put(at: number, row: number, score: number, rank: number): void {
    this.#rows[at] = row;
    this.#scores[at] = score;
    this.#ranks[at] = rank;
  }

  #up(from: number, row: number, score: number, rank: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isWorse(parent, score, rank)) break;
      this.#put(at, this.#rows[parent], this.#scores[parent], this.#ranks[parent]);
      at = parent;
    }
    this.#put(at, row, score, rank);
  }

  #down(row: number, score: number, rank: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isWorse(right, this.#scores[child], this.#ranks[child]))
        child = right;
      if (!this.#isWorse(child, score, rank)) break;
      this.#put(at, this.#rows[child], this.#scores[child], this.#ranks[child]);
      at = child;
    }
    this.#put(at, row, score, rank);
  }
}
