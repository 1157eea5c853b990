import { expect, test } from 'vitest';
import { withoutOutdatedValues } from '../../../backend/catalogue/outdated-values.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';

function kept(attributes: object): [kept: object, dropped: string[]] {
  const dropped: string[] = [];
  const item = withoutOutdatedValues(
    parseItem({ id: 'a', ...attributes }),
    smarttrip.columns,
    (why) => dropped.push(why),
  );
  return [item.attributes, dropped];
}

test.each<[string, object, object, RegExp]>([
  ['a date of another country', { departure: '05/06/2027' }, {}, /"departure" must be/],
  ['seconds for a date', { departure: 1_809_129_600 }, {}, /seconds/],
  ['a day that there is not', { departure: '2027-02-30' }, {}, /no such day/],
  ['a hexadecimal price', { price: '0x10' }, {}, /"price" must be a number, but was "0x10"/],
])('%s that a store took before is left out, and told', (_, stored, left, why) => {
  const [attributes, dropped] = kept({ status: 'open', ...stored });
  expect(attributes).toEqual({ status: 'open', ...left });
  expect(dropped).toEqual([expect.stringMatching(why)]);
  expect(() => packItems(smarttrip.columns, [parseItem({ id: 'a', ...attributes })])).not.toThrow();
});

test.each([
  { departure: '2027-05-06', price: '12.5' },
  { departure: null, price: '' },
  // Refused then as well: it is of another schema, and whoever applies this one must hear of it.
  { departure: 'soon', price: 'cheap' },
])('%j stays as it is', (stored) => expect(kept(stored)).toEqual([stored, []]));
