import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../../shared/domain/filter.ts';
import { catalogueTable } from '../../../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { allowedCodes } from '../../../../shared/score/filter/code-filter.ts';
import { filterRows } from '../../../../shared/score/filter/filter-rows.ts';
import { hasRow } from '../../../../shared/score/filter/row-bits.ts';
import { makeTrips } from '../../../bench/support/trips.ts';
import { fuzz, SEED } from '../../support/seed.ts';

const table = catalogueTable(smarttrip, makeTrips(700, 5));
const price = fc.integer({ min: 0, max: 4000 });
const conditions: Readonly<Record<string, fc.Arbitrary<object>>> = {
  price: fc.oneof(
    price.map((to) => ({ column: 'price', to })),
    price.map((from) => ({ column: 'price', from })),
    fc.boolean().map((known) => ({ column: 'price', known })),
  ),
  themes: fc.oneof(
    fc.constantFrom('hiking', 'food', 'nothing').map((one) => ({ column: 'themes', in: [one] })),
    fc.constant({ column: 'themes', allOf: ['hiking', 'culture'] }),
  ),
  place: fc.constantFrom(
    { column: 'continent', in: ['Africa', 'Asia'] },
    { column: 'country', known: true },
    { column: 'place', in: ['Europe'] },
  ),
};
const joined = (leaf: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.letrec<{ one: object }>((tie) => ({
    one: fc.oneof(
      { depthSize: 'small' },
      leaf,
      tie('one').map((not) => ({ not })),
      fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    ),
  })).one;

describe(`a filter as codes of a column (seed ${SEED})`, () => {
  it('allows the rows that it allows as a filter, whatever its conditions on one column', () => {
    for (const [name, leaf] of Object.entries(conditions))
      fuzz(joined(leaf), (raw) => {
        const filter = parseFilter(raw);
        const { column, isOne } = allowedCodes(table, filter, 'where')!;
        expect(table.columns[column].spec.name).toBe(name);
        const bits = filterRows(table, filter, 'where');
        const { codes } = table.columns[column];
        codes.forEach((code, row) => expect(isOne[code]).toBe(Number(hasRow(bits, row))));
      });
  });

  it('is none of a filter on several columns, or on a place', () => {
    const on = (filter: object) => allowedCodes(table, parseFilter(filter), 'where');
    const cheap = { column: 'price', to: 900 };
    expect(on({ all: [cheap, { column: 'durationDays', from: 2 }] })).toBeUndefined();
    expect(on({ any: [cheap, { not: { column: 'themes', in: ['food'] } }] })).toBeUndefined();
    const within = { lat: 50, lon: 10, km: 100 };
    expect(on({ columns: ['price', 'durationDays'], within })).toBeUndefined();
  });
});
