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
  const first = tables[0]!;
  const { starts, rows } = first.group;
  const reach = reachAfter(tables);
  let least = top.leastUnits;
  for (const code of goodFirst(first)) {
    const units = base + first.units[code]!;
    if (units + reach[0]! < least) continue;
    const end = starts[code + 1]!;
    nextRow: for (let at = starts[code]!; at < end; at++) {
      const row = rows[at]!;
      let sum = units;
      for (let i = 1; i < tables.length; i++) {
        const table = tables[i]!;
        sum += table.units[table.group.codes[row]!]!;
        if (sum + reach[i]! < least) continue nextRow;
      }
      top.offer(row, sum);
      least = top.leastUnits;
    }
  }
  return top.sorted();
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
