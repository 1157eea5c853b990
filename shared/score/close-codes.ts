import type { Column } from '../features/columns/item-table.ts';
import { rowsByCode } from '../features/columns/rows-by-code.ts';
import { spreadOf, type ScoreTables } from './additive.ts';
import { EXCLUDED_UNITS } from './scorer.ts';

/** Of a column with so many codes to leave some out takes less time than to take their rows out of a mask. */
export const FEW_CODES = 2048;

/** Codes of a column whose rows are left out of a search. */
export interface ClosedCodes {
  readonly column: Column;
  readonly codes: readonly number[];
}

/**
 * Tables by which rows with some codes are not found. Unlike a mask it also tells the search of blocks of such rows that they hold nothing.
 * @param columns of the table that is scored, which has those of the codes.
 */
export function closeCodes(
  tables: ScoreTables,
  columns: readonly Column[],
  closed: readonly ClosedCodes[],
): ScoreTables {
  let own = tables.columns;
  for (const { column, codes } of closed) {
    const before = own.find((one) => one.codes === column.codes);
    const units =
      before === undefined ? new Int32Array(column.values.length) : before.units.slice();
    for (const code of codes) units[code] += EXCLUDED_UNITS;
    const { high, below } = spreadOf(units, rowsByCode(column));
    const index = columns.indexOf(column);
    // It comes first, as the sooner a row is known to lose the less of it is read.
    own = [
      { column: index, codes: column.codes, units, high, below },
      ...own.filter((one) => one !== before),
    ];
  }
  return { ...tables, columns: own };
}
