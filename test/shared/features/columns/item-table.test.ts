import { describe, expect, it } from 'vitest';
import { parseItem, type Attributes } from '../../../../shared/domain/item.ts';
import type { ItemId } from '../../../../shared/domain/ids.ts';
import { attributesAt, packItems } from '../../../../shared/features/columns/item-table.ts';
import type { ColumnSpec } from '../../../../shared/features/columns/column-spec.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import {
  snapshotFromBytes,
  snapshotHash,
  snapshotToBytes,
} from '../../../../shared/format/snapshot-bytes.ts';

const columns: ColumnSpec[] = [
  { name: 'word', type: 'category' },
  { name: 'set', type: 'set' },
  { name: 'number', type: 'number' },
  { name: 'date', type: 'date' },
  { name: 'place', type: 'path', from: ['continent', 'country'] },
];
const pack = (...list: Attributes[]) =>
  packItems(
    columns,
    list.map((attributes, i) => parseItem({ id: `i${i}`, ...attributes })),
  );
const MAY_6 = Date.UTC(2027, 4, 6);

it('takes what every object inherits for missing, and reads what an item has of that name', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];
  for (const type of ['category', 'set', 'number', 'date'] as const) {
    const specs = names.map((name) => ({ name, type }));
    const { columns: packed } = packItems(specs, [parseItem({ id: 'a' })]);
    expect(packed.map(({ codes }) => [...codes])).toEqual(names.map(() => [0]));
  }
  const specs = names.map((name) => ({ name, type: 'category' as const }));
  const ferrari = JSON.parse('{"id":"a","constructor":"Ferrari","__proto__":"x"}');
  const { columns: packed } = packItems(specs, [parseItem(ferrari), parseItem({ id: 'b' })]);
  expect(packed[0]).toMatchObject({ values: ['', 'Ferrari'], codes: Uint8Array.of(1, 0) });
  expect(packed[3]).toMatchObject({ values: ['', 'x'], codes: Uint8Array.of(1, 0) });
  const path = [{ name: 'p', type: 'path' as const, from: ['constructor', 'valueOf'] }];
  expect([...packItems(path, [parseItem({ id: 'a' })]).columns[0].codes]).toEqual([0]);
});

describe('packing items', () => {
  it.each<[sentence: string, given: Attributes, kept: Attributes]>([
    [
      'keeps what fits its column',
      { word: 'a', set: ['x'], number: 1.5, date: MAY_6 },
      { word: 'a', set: ['x'], number: 1.5, date: MAY_6 },
    ],
    ['reads a number or boolean as a category', { word: 5 }, { word: '5' }],
    ['reads false as a category', { word: false }, { word: 'false' }],
    ['reads one text as a set of one', { set: 'x' }, { set: ['x'] }],
    ['sorts a set and drops what is twice', { set: ['b', 'a', 'b'] }, { set: ['a', 'b'] }],
    ['reads numbers in text, as CSV files have them', { number: '1e3' }, { number: 1000 }],
    ['reads a date as epoch ms', { date: '2027-05-06' }, { date: MAY_6 }],
    ['reads a date without a zone as UTC', { date: '2027-05-06T00:00' }, { date: MAY_6 }],
    [
      'brings texts into one Unicode form',
      { word: 'Espan\u0303a', set: ['n\u0303', '\u00f1'], country: 'Espan\u0303a' },
      { word: 'Espa\u00f1a', set: ['\u00f1'], country: 'Espa\u00f1a' },
    ],
    [
      'keeps the known levels of a path',
      { continent: 'Asia', country: null },
      { continent: 'Asia' },
    ],
    [
      'drops null, empty texts, empty sets and what is no column',
      { word: '', set: [], number: null, colour: 'red' },
      {},
    ],
  ])('%s', (_, given, kept) => expect(attributesAt(pack(given), 0)).toEqual(kept));

  it.each<[Attributes, string]>([
    [{ word: ['a'] }, 'item i0: "word" must be text, but was ["a"]'],
    [{ set: 5 }, 'item i0: "set" must be texts'],
    [{ set: ['a\u001fb'] }, 'item i0: "set" must be texts without the separator U+001F'],
    [{ number: 'many' }, 'item i0: "number" must be a number, but was "many"'],
    [{ number: ' ' }, 'item i0: "number" must be a number, but was " "'],
    [{ number: '0x10' }, 'item i0: "number" must be a number, but was "0x10"'],
    [{ number: '1e400' }, 'item i0: "number" must be a number, but was "1e400"'],
    [{ date: '2027-02-30' }, 'but was "2027-02-30": there is no such day'],
    [{ date: '05/06/2027' }, 'but was "05/06/2027": write 2027-05-06'],
    [{ date: 'tour 7' }, 'but was "tour 7"'],
    [{ date: 1_809_129_600 }, 'that would be seconds since 1970'],
    [{ number: true }, 'item i0: "number" must be a number, but was true'],
    [{ date: 'soon' }, 'item i0: "date" must be an ISO date or epoch milliseconds, but was "soon"'],
    [{ date: false }, 'item i0: "date" must be an ISO date or epoch milliseconds, but was false'],
    [{ continent: 5 }, 'item i0: "place" must be texts'],
  ])('refuses %j', (attributes, message) => {
    expect(() => pack(attributes)).toThrow(message);
  });

  it('sorts dictionaries, so that equal catalogues have equal bytes whatever their attributes came first', () => {
    const schema = parseSchema({ name: 's', columns, features: [{ name: 'b', kind: 'constant' }] });
    const hash = (...list: Attributes[]) => snapshotHash(snapshotToBytes(schema, pack(...list)));
    const [a, b] = [
      { word: 'a', number: 10 },
      { word: 'b', number: 9 },
    ];
    expect(hash(a, b)).toBe(hash({ number: 10, word: 'a' }, { number: 9, word: 'b' }));
    expect(hash(a, b)).not.toBe(hash(b, a));
    expect(pack(a, b).columns[2].values.slice(1)).toEqual([9, 10]);
  });

  it('takes 0 and −0 for one value', () => {
    expect(pack({ number: 0 }, { number: -0 }).columns[2].values).toHaveLength(2);
  });

  it.each([
    ['one byte', 200],
    ['two bytes', 300],
    ['four bytes', 65_600],
  ])('keeps every code through a snapshot with codes of %s', (_, count) => {
    const specs: ColumnSpec[] = [{ name: 'number', type: 'number' }];
    const schema = parseSchema({
      name: 's',
      columns: specs,
      features: [{ name: 'b', kind: 'constant' }],
    });
    const items = Array.from({ length: count }, (_unused, i) => ({
      id: `i${i}` as ItemId,
      attributes: { number: count - i },
    }));
    const packed = packItems(specs, items);
    const { table } = snapshotFromBytes(snapshotToBytes(schema, packed));
    expect(table.columns[0].codes.every((code, row) => code === packed.columns[0].codes[row])).toBe(
      true,
    );
    expect(attributesAt(table, count - 1)).toEqual({ number: 1 });
  });
});
