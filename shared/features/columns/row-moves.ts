import { firstIndex } from './binary-search.ts';

/** Where the rows of a table went in the one after it, in which some were left out and others added. */
export interface RowMoves {
  /** Number of rows afterwards. */
  readonly rows: number;
  /**
   * Runs of rows that stayed together, ascending: the first row before, the first row afterwards, and how many they are. Rows in none
   * of them were left out.
   */
  readonly before: Uint32Array;
  readonly after: Uint32Array;
  readonly lengths: Uint32Array;
  /** Rows afterwards that were added, ascending. */
  readonly added: Uint32Array;
}

/** @param removed rows that are left out, ascending. @param places before which row each added one comes, ascending. */
export function rowMoves(
  count: number,
  removed: readonly number[],
  places: readonly number[],
): RowMoves {
  const [before, after, lengths]: [number[], number[], number[]] = [[], [], []];
  const added = new Uint32Array(places.length);
  let [from, to, atRemoved, atPlace] = [0, 0, 0, 0];
  while (from < count || atPlace < places.length) {
    while (atPlace < places.length && places[atPlace] === from) added[atPlace++] = to++;
    if (removed[atRemoved] === from) {
      atRemoved++;
      from++;
      continue;
    }
    const end = Math.min(removed[atRemoved] ?? count, places[atPlace] ?? count);
    if (end === from) continue;
    before.push(from);
    after.push(to);
    lengths.push(end - from);
    to += end - from;
    from = end;
  }
  return {
    rows: to,
    before: Uint32Array.from(before),
    after: Uint32Array.from(after),
    lengths: Uint32Array.from(lengths),
    added,
  };
}

/** @returns where a row went; −1 where it was left out. */
export function rowAfter({ before, after, lengths }: RowMoves, row: number): number {
  const run = firstIndex(0, before.length, (i) => before[i] > row) - 1;
  return run >= 0 && row - before[run] < lengths[run] ? after[run] + row - before[run] : -1;
}

/** @returns where a row came from; −1 where it was added. */
export function rowBefore({ before, after, lengths }: RowMoves, row: number): number {
  const run = firstIndex(0, after.length, (i) => after[i] > row) - 1;
  return run >= 0 && row - after[run] < lengths[run] ? before[run] + row - after[run] : -1;
}

/** The runs of two moves, one after the other. */
export function joinedRuns(
  first: Pick<RowMoves, 'before' | 'after' | 'lengths'>,
  second: Pick<RowMoves, 'before' | 'after' | 'lengths'>,
): Pick<RowMoves, 'before' | 'after' | 'lengths'> {
  const [before, after, lengths]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0, j = 0; i < first.after.length && j < second.before.length;) {
    const start = Math.max(first.after[i], second.before[j]);
    const ends = [first.after[i] + first.lengths[i], second.before[j] + second.lengths[j]];
    const end = Math.min(...ends);
    if (start < end) {
      before.push(first.before[i] + start - first.after[i]);
      after.push(second.after[j] + start - second.before[j]);
      lengths.push(end - start);
    }
    if (ends[0] <= ends[1]) i++;
    if (ends[1] <= ends[0]) j++;
  }
  return {
    before: Uint32Array.from(before),
    after: Uint32Array.from(after),
    lengths: Uint32Array.from(lengths),
  };
}

/** Entries by row in their places afterwards; those of added rows are left as they are in `to`. */
export function moveEntries<N extends Uint8Array | Uint16Array | Uint32Array>(
  { before, after, lengths }: RowMoves,
  from: N,
  to: N,
): void {
  for (let i = 0; i < before.length; i++)
    to.set(from.subarray(before[i], before[i] + lengths[i]), after[i]);
}
