import type { ScoreTables, UnitTable } from './additive.ts';
import { MAX_SCORE_UNITS } from './scorer.ts';
import { TopK, type Scored } from './top-k.ts';

/**
 * The k best rows, exact; ties go to the earlier row; excluded rows never appear.
 * Rows are visited by their code of the first table, good codes first, and left as soon as even the best entries
 * of the tables not read yet could not lift them to the k-th best so far: an upper bound, so no winner is lost.
 */
export function topRows({ base, tables }: ScoreTables, k: number): Scored[] {
  const top = new TopK(k);
  const [first, second] = [tables[0]!, tables[1]];
  const { starts, rows } = first.group;
  const reach = reachAfter(tables);
  const [reach1, reach2] = [reach[0]!, reach[1] ?? 0];
  // Where there is no second table, a single entry of 0 stands in for it.
  const codes2 = second?.group.codes ?? new Uint16Array(rows.length);
  const units2 = second?.units ?? new Int32Array(1);
  let least = top.leastUnits;
  const order = goodFirst(first);
  for (let i = 0; i < order.length; i++) {
    const code = order[i]!;
    const sum1 = base + first.units[code]!;
    if (sum1 + reach1 < least) continue;
    const end = starts[code + 1]!;
    for (let at = starts[code]!; at < end; at++) {
      const row = rows[at]!;
      const sum2 = sum1 + units2[codes2[row]!]!;
      if (sum2 + reach2 < least) continue;
      const sum = addOthers(tables, reach, row, sum2, least);
      if (sum < least) continue;
      top.offer(row, sum);
      least = top.leastUnits;
    }
  }
  return top.sorted();
}

/** @returns the whole sum, or as soon as it is known to stay under `least` something under that. */
function addOthers(
  tables: readonly UnitTable[],
  reach: readonly number[],
  row: number,
  sum2: number,
  least: number,
): number {
  let sum = sum2;
  for (let i = 2; i < tables.length; i++) {
    const { units, group } = tables[i]!;
    sum += units[group.codes[row]!]!;
    if (sum + reach[i]! < least) return -MAX_SCORE_UNITS;
  }
  return sum;
}

/** The most that all tables after each can add. */
function reachAfter(tables: readonly UnitTable[]): number[] {
  const reach = tables.map(() => 0);
  for (let i = tables.length - 2; i >= 0; i--) reach[i] = reach[i + 1]! + tables[i + 1]!.high;
  return reach;
}

const CLASSES = 64;

/** The codes that do not exclude, the better half-open classes of units first: sorted by counting, so only roughly. */
function goodFirst({ units, low, high }: UnitTable): Uint32Array {
  const scale = (CLASSES - 1) / Math.max(1, high - low);
  const starts = new Uint32Array(CLASSES + 1);
  const classes = new Uint8Array(units.length);
  for (let code = 0; code < units.length; code++) {
    if (units[code]! <= -MAX_SCORE_UNITS) continue;
    const own = ((high - units[code]!) * scale) | 0;
    classes[code] = own;
    starts[own + 1]!++;
  }
  for (let i = 0; i < CLASSES; i++) starts[i + 1]! += starts[i]!;
  const sorted = new Uint32Array(starts[CLASSES]!);
  for (let code = 0; code < units.length; code++) {
    if (units[code]! > -MAX_SCORE_UNITS) sorted[starts[classes[code]!]!++] = code;
  }
  return sorted;
}
