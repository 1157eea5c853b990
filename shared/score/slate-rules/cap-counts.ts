import type { Cap } from './compile-rules.ts';

/** How many items of each group stand already, by cap. */
export class CapCounts {
  readonly #caps: readonly Cap[];
  readonly #counts: readonly Map<number, number>[];
  /** How many groups hold no more: while there are none, every row fits. */
  #full = 0;

  constructor(caps: readonly Cap[]) {
    this.#caps = caps;
    this.#counts = caps.map(() => new Map<number, number>());
  }

  /** Whether some group holds no more. */
  get hasFull(): boolean {
    return this.#full > 0;
  }

  fits(row: number): boolean {
    return this.#full === 0 || this.hasRoom(row, 1);
  }

  /** Whether each group of a row holds so many more. */
  hasRoom(row: number, more: number): boolean {
    for (let i = 0; i < this.#caps.length; i++) {
      const { groups, most } = this.#caps[i];
      const counts = this.#counts[i];
      for (const group of groups.of(row)) if ((counts.get(group) ?? 0) + more > most) return false;
    }
    return true;
  }

  /** The groups of a row under all caps, as numbers that differ. */
  of(row: number): readonly number[] {
    return this.#caps.flatMap(({ groups }, i) =>
      groups.of(row).map((group) => group * this.#caps.length + i),
    );
  }

  add(row: number): void {
    this.#caps.forEach((cap, i) => this.#change(i, cap, row, 1));
  }

  /** Takes back what `add` did. */
  remove(row: number): void {
    this.#caps.forEach((cap, i) => this.#change(i, cap, row, -1));
  }

  /** Of a page above: only caps that collapse count over all pages. */
  addCollapsed(row: number): void {
    this.#caps.forEach((cap, i) => {
      if (cap.collapse) this.#change(i, cap, row, 1);
    });
  }

  /** Takes the rows of all groups out that hold no more. */
  removeClosed(bits: Uint32Array): void {
    this.#caps.forEach(({ groups, most }, i) => {
      for (const [group, count] of this.#counts[i])
        if (count >= most) groups.removeFrom(bits, group);
    });
  }

  #change(i: number, { groups, most }: Cap, row: number, by: number): void {
    const counts = this.#counts[i];
    for (const group of groups.of(row)) {
      const before = counts.get(group) ?? 0;
      counts.set(group, before + by);
      this.#full += Number(before + by >= most) - Number(before >= most);
    }
  }
}
