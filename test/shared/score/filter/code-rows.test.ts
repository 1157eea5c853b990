import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../../../shared/domain/ids.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import { codeRows } from '../../../../shared/score/filter/code-rows.ts';
import { filterRows } from '../../../../shared/score/filter/filter-rows.ts';
import { countRows } from '../../../../shared/score/filter/row-bits.ts';

const ROWS = 8192;
const MOST_BYTES_PER_ROW = 16;
const tableOf = (valueOf: (row: number) => string) =>
  packItems(
    [{ name: 'kind', type: 'category' }],
    Array.from({ length: ROWS }, (_, row) => ({
      id: `i${row}` as ItemId,
      attributes: { kind: valueOf(row) },
    })),
  );

describe('what is kept of the values that filters ask for', () => {
  it('is nothing of values that no row has', () => {
    const table = tableOf((row) => `v${row % 3}`);
    const { setBytes: before } = codeRows(table.columns[0]);
    for (let i = 0; i < 1000; i++)
      filterRows(table, { column: 'kind', in: [`made up ${i}`] }, 'filters');
    expect(codeRows(table.columns[0]).setBytes).toBe(before);
  });

  it('is bounded by the rows, however many values they have, and is right all the same', () => {
    const table = tableOf((row) => `v${row}`);
    for (let i = 0; i < ROWS; i++) {
      const bits = filterRows(table, { column: 'kind', in: [`v${i}`] }, 'filters');
      if (i % 64 === 0) expect(countRows(bits)).toBe(1);
    }
    const { setBytes } = codeRows(table.columns[0]);
    expect(setBytes).toBeGreaterThan(0);
    expect(setBytes).toBeLessThanOrEqual(ROWS * MOST_BYTES_PER_ROW);
  });
});
