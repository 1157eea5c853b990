import { describe, expect, test } from 'vitest';
import { readItems } from '../../../../backend/catalogue/files/read-items.ts';
import type { ItemFile } from '../../../../backend/catalogue/files/item-file.ts';
import { parseExchangeRates } from '../../../../shared/domain/exchange-rates.ts';
import type { ColumnSpec } from '../../../../shared/features/columns/column-spec.ts';
import { inOneCurrency } from '../../../../shared/features/columns/in-one-currency.ts';
import { fileOf } from '../../runs/metric-weights/files/support/csv-file.ts';

const price: ColumnSpec = { name: 'price', type: 'number', currency: 'EUR' };
const rates = parseExchangeRates({ base: 'EUR', day: '2026-11-30', perBase: { CHF: 0.8 } });

async function pricesOf(cells: readonly string[], options: ItemFile = {}, column = price) {
  const rows = cells.map((cell, i) => `i${i},"${cell}",CHF`);
  const file = fileOf(`id,price,currency\n${rows.join('\n')}\n`, 'items.csv');
  const { items, refused } = await readItems(file, options, [column]);
  expect(refused).toEqual([]);
  return items.map((item) => inOneCurrency(item, [column], rates).attributes.price);
}

describe('prices of a table', () => {
  const cells = ['129 EUR', 'EUR 129', '80 CHF', 'CHF 80', 'CHF80', '129', '', 'N/A'];
  const compared = [129, 129, 100, 100, 100, 129, undefined, undefined];

  test('are read in the currency that a cell names, and converted', async () => {
    expect(await pricesOf(cells)).toEqual(compared);
  });

  test.each(['CHF', 'EUR', 'CHF EUR', '€ CHF'])(
    'keep their currency where --strip takes %s away from numbers',
    async (strip) => {
      expect(await pricesOf(cells, { strip })).toEqual(compared);
    },
  );

  test('are written as the other numbers of the file are', async () => {
    const options: ItemFile = { decimal: ',', strip: '€' };
    expect(await pricesOf(['1.299,50 EUR', 'CHF 1.000,00', '3,5 €'], options)).toEqual([
      1299.5, 1250, 3.5,
    ]);
  });

  test('name their currency themselves before another column does', async () => {
    const column = { ...price, currencyFrom: 'currency' };
    expect(await pricesOf(['80', '80 EUR', '80 CHF'], {}, column)).toEqual([100, 80, 100]);
  });

  test.each(['EUR', '12 EURO', 'from 12 EUR', '12 EUR or 13 CHF', '1x2 EUR'])(
    'of which nobody knows what it means are refused: %s',
    async (cell) => {
      const file = fileOf(`id,price\na,"${cell}"\n`, 'items.csv');
      const { refused } = await readItems(file, {}, [price]);
      expect(refused).toEqual([expect.stringContaining('line 2: column price: "')]);
    },
  );

  test('of a column without a currency are numbers as before', async () => {
    const column: ColumnSpec = { name: 'price', type: 'number' };
    const file = fileOf('id,price\na,12 EUR\n', 'items.csv');
    const { items } = await readItems(file, { strip: 'EUR' }, [column]);
    expect(items[0].attributes).toEqual({ price: 12 });
  });
});
