import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { examplePreferences } from '../../../../backend/catalogue/example-request.ts';
import type { ItemFile } from '../../../../backend/catalogue/files/item-file.ts';
import { knownExport } from '../../../../backend/catalogue/files/known-exports.ts';
import { readItems } from '../../../../backend/catalogue/files/read-items.ts';
import { sampleRows } from '../../../../backend/catalogue/files/sample-rows.ts';
import { guessColumns } from '../../../../backend/catalogue/propose/guess-columns.ts';
import { proposeSchema } from '../../../../backend/catalogue/propose/propose-schema.ts';
import { parseItem } from '../../../../shared/domain/item.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import { notUnderstood } from '../../../../shared/features/not-understood.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';

/** Within the dates of the fixtures, so that nothing here depends on today. */
const NOW_MS = Date.UTC(2026, 11, 1);

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../fixtures/catalogues/${name}`, import.meta.url));

async function proposed(name: string) {
  const file = fixture(name);
  const { header, rows } = await sampleRows(file, {}, 1000);
  const guess = guessColumns(header, rows, {});
  const { definition, uses } = proposeSchema(name.split('.')[0], guess, rows, NOW_MS);
  const schema = parseSchema(definition);
  const read = await readItems(file, guess.file, schema.columns);
  return { guess, schema, uses, ...read };
}

describe.each(['shoes.csv', 'jobs.jsonl', 'trips.csv'])('%s', (name) => {
  test('every row is read by what was proposed', async () => {
    const { items, refused } = await proposed(name);
    expect(refused).toEqual([]);
    expect(items).toHaveLength(40);
  });

  test('the request to try is understood, and items meet it', async () => {
    const { schema, items } = await proposed(name);
    const preferences = examplePreferences(schema, items, NOW_MS);
    expect(Object.keys(preferences).length).toBeGreaterThan(2);
    const table = packItems(schema.columns, items);
    expect(notUnderstood(schema, table, preferences)).toEqual([]);
  });

  test('what is proposed fits its columns, and no number column has a single bin', async () => {
    const { schema, items } = await proposed(name);
    packItems(schema.columns, items);
    for (const spec of schema.features)
      if (spec.kind === 'quantile') expect(spec.edges.length, spec.name).toBeGreaterThan(0);
    expect(schema.features.length).toBeLessThanOrEqual(64);
    expect(schema.features.map(({ kind }) => kind)).toContain('learned');
  });
});

test('a range around a small number asks for none of it at the least, and one around a negative number may go lower', () => {
  const schema = parseSchema({
    name: 'ranges',
    columns: [
      { name: 'days', type: 'number' },
      { name: 'degrees', type: 'number' },
    ],
    features: [
      { name: 'stay', kind: 'range-distance', column: 'days', preference: 'stay', within: [0, 3] },
      {
        name: 'cold',
        kind: 'range-distance',
        column: 'degrees',
        preference: 'cold',
        within: [2, 5],
      },
    ],
  });
  const item = parseItem({ id: 'a', days: 2, degrees: -4 });
  expect(examplePreferences(schema, [item], NOW_MS)).toEqual({
    stay: { min: 0, max: 5 },
    cold: { min: -9, max: 1 },
  });
});

test('a shoe shop: euros with a comma, German dates, sizes and colours, what is not in stock', async () => {
  const { guess, schema } = await proposed('shoes.csv');
  expect(guess.open).toEqual([]);
  expect(guess.file).toMatchObject({
    idColumn: 'sku',
    decimal: ',',
    dateOrder: 'day-first',
    sets: { colours: ',' },
  });
  expect(schema.columns).toEqual(
    expect.arrayContaining([
      { name: 'price', type: 'number' },
      { name: 'sizes', type: 'set' },
      { name: 'added', type: 'date' },
      { name: 'kind', type: 'path', from: ['category', 'subcategory'] },
    ]),
  );
  expect(schema.columns.map(({ name }) => name)).not.toContain('description');
  expect(schema.filters).toEqual([{ column: 'in stock', exclude: ['no'] }]);
  const budget = schema.features.find(({ kind }) => kind === 'price-to-budget');
  expect(budget).toMatchObject({ column: 'price', preference: 'budget' });
});

test('a job board: skills, places, levels in their order, what closes', async () => {
  const { schema } = await proposed('jobs.jsonl');
  expect(schema.columns).toEqual(
    expect.arrayContaining([
      { name: 'skills', type: 'set' },
      { name: 'place', type: 'path', from: ['country', 'city'] },
    ]),
  );
  expect(schema.filters).toEqual(
    expect.arrayContaining([
      { column: 'closes', before: 'now' },
      { column: 'status', exclude: ['filled'] },
    ]),
  );
  const seniority = schema.features.find(({ name }) => name === 'seniority-wished');
  expect(seniority).toMatchObject({ levels: ['junior', 'mid', 'senior', 'lead'] });
  // More pay is not over budget.
  expect(schema.features.map(({ kind }) => kind)).not.toContain('price-to-budget');
});

test('trips: dollars with grouped thousands, American dates, themes', async () => {
  const { guess, schema, items } = await proposed('trips.csv');
  expect(guess.file).toMatchObject({ strip: '$', decimal: '.', dateOrder: 'month-first' });
  expect(guess.file.sets).toEqual({ themes: ';' });
  expect(schema.filters).toContainEqual({ column: 'departure', before: 'now' });
  expect(items.every(({ attributes }) => (attributes.price as number) > 400)).toBe(true);
});

test('an export of a shop system is known by its header, and its variants are one item', async () => {
  const file = fixture('shopify.csv');
  const { header, rows } = await sampleRows(file, {}, 1000);
  const known = knownExport(header)!;
  expect(known.about).toContain('Shopify');
  const guess = guessColumns(header, rows, known.read);
  const schema = parseSchema(proposeSchema('shopify', guess, rows, NOW_MS).definition);
  const { items, refused, merged } = await readItems(file, guess.file, schema.columns);
  expect([items.length, merged, refused]).toEqual([4, 5, []]);
  expect(items[0]).toMatchObject({
    id: 'trail-one',
    attributes: {
      Title: 'Trail One',
      Tags: ['trail', 'light'],
      'Option1 Value': ['40', '41', '42'],
      'Variant Price': 119,
    },
  });
  expect(schema.filters).toEqual([{ column: 'Status', exclude: ['draft'] }]);
  expect(knownExport(['id', 'Title'])).toBeUndefined();
});

const guessed = (
  rows: readonly Record<string, unknown>[],
  given: ItemFile = {},
  header = Object.keys(rows[0]),
) => guessColumns(header, rows, given);
const of = (name: string, cells: readonly unknown[], given: ItemFile = {}) => {
  const guess = guessed(
    cells.map((cell, i) => ({ id: `i${i}`, [name]: cell })),
    given,
  );
  return { ...guess.columns[1].guess, file: guess.file, open: guess.open };
};

describe('a column', () => {
  test.each<[string, readonly unknown[], object]>([
    ['of plain numbers', ['1', '2.5', '3'], { type: 'number', values: [1, 2.5, 3] }],
    ['of numbers in JSON', [1, 2.5, null], { type: 'number', values: [1, 2.5] }],
    [
      'with one unit, in two forms',
      ['1 day', '7 days', '3 days'],
      { type: 'number', unit: 'day days' },
    ],
    [
      'of two currencies',
      ['$1', '€2', '$3'],
      { type: 'none', why: 'prices in $, €: docs/markets.md' },
    ],
    [
      'of two currencies by their codes',
      ['1.50 EUR', 'CHF 2', "1'200.00 CHF", '7'],
      {
        type: 'none',
        why: 'prices in CHF, EUR: docs/markets.md',
      },
    ],
    ['of sizes in two units', ['1 m', '3 km', '1 m', '3 km'], { type: 'category' }],
    ['of ranges', ['1-2', '3-4', '5-6'], { type: 'none' }],
    ['of codes with digits', ['a1b', 'c2d', 'e3f'], { type: 'none' }],
    ['of ISO dates', ['2027-01-02', '2027-03-04'], { type: 'date' }],
    ['of days that do not exist', ['2027-02-30', '2027-02-30', '2027-02-31'], { type: 'category' }],
    ['of lists', [['a', 'b'], ['b']], { type: 'set' }],
    ['of objects', [{ a: 1 }, { a: 2 }], { type: 'none', why: 'it holds objects' }],
    ['that is empty', ['', 'N/A', ''], { type: 'none', why: 'it is empty' }],
    ['of truth values', [true, false, true, true], { type: 'category' }],
    ['with one value', ['x', 'x', 'x'], { type: 'none', why: 'it is the same in every row' }],
  ])('%s', (_, cells, expected) => {
    expect(of('x', cells)).toMatchObject(expected);
  });

  test('titles that end in numbers are titles, and no unit is taken from them', () => {
    const titles = Array.from({ length: 60 }, (_, i) => `Product ${i}`);
    const { file, ...guess } = of('title', titles);
    expect(guess).toMatchObject({ type: 'none', why: 'it is a title' });
    expect(file.strip).toBeUndefined();
    expect(of('weight', ['1 kg', '2 kg', '3 kg'])).toMatchObject({ type: 'number', unit: 'kg' });
  });

  test('few texts among many numbers mean a missing one, and are told to the reader', () => {
    const cells = [...Array.from({ length: 30 }, (_, i) => String(i)), 'TBD', '-'];
    const { type, file } = of('weight', cells);
    expect(type).toBe('number');
    expect(file.missing).toEqual(['TBD', '-']);
  });

  test('a word that numbers never need is not taken away from texts as missing: NA may be Namibia', () => {
    const cells = [...Array.from({ length: 30 }, (_, i) => String(i)), 'NA'];
    expect(of('weight', cells).file.missing).toBeUndefined();
  });

  test('what nobody can tell is asked, with what each answer would make of it', () => {
    const dates = of('day', ['05/06/2027', '07/08/2027']);
    expect(dates.open).toMatchObject([
      {
        option: 'dateOrder',
        choices: [
          { value: 'day-first', meaning: '2027-06-05' },
          { value: 'month-first', meaning: '2027-05-06' },
        ],
      },
    ]);
    const numbers = of('length', ['1,250', '2,750']);
    expect(numbers.open).toMatchObject([
      {
        option: 'decimal',
        choices: [{ meaning: /1250/ }, { meaning: /1\.25/ }].map(({ meaning }) => ({
          meaning: expect.stringMatching(meaning),
        })),
      },
    ]);
    expect(of('length', ['1,250', '2,750'], { decimal: ',' })).toMatchObject({
      open: [],
      values: [1.25, 2.75],
    });
  });

  test('one column shows how another is meant', () => {
    const { file, open } = guessed([
      { id: 'a', from: '05/06/2027', to: '25/06/2027', price: '1.299', old: '1.499,50' },
      { id: 'b', from: '07/08/2027', to: '28/08/2027', price: '899', old: '999,00' },
    ]);
    expect(open).toEqual([]);
    expect(file).toMatchObject({ dateOrder: 'day-first', decimal: ',' });
  });
});

describe('the id', () => {
  const rows = (entries: readonly (readonly [string, readonly unknown[]])[]) =>
    entries[0][1].map((_, i) =>
      Object.fromEntries(entries.map(([name, cells]) => [name, cells[i]])),
    );

  test.each<[string, Record<string, unknown>[], string]>([
    [
      'by its name',
      rows([
        ['price', [1, 2]],
        ['sku', ['a', 'b']],
      ]),
      'sku',
    ],
    [
      'a number, too',
      rows([
        ['productId', [7, 8]],
        ['slug', ['x', 'y']],
      ]),
      'productId',
    ],
    [
      'the only one that differs',
      rows([
        ['kind', ['k', 'k']],
        ['path', ['x', 'y']],
      ]),
      'path',
    ],
  ])('%s', (_, given, id) => {
    expect(guessed(given)).toMatchObject({ file: { idColumn: id }, open: [] });
  });

  test('that repeats is one of variants, whose rows are merged', () => {
    const given = rows([
      ['handle', ['a', 'a', 'b']],
      ['size', ['S', 'M', 'S']],
    ]);
    expect(guessed(given).file).toMatchObject({ idColumn: 'handle', merge: true });
  });

  test('is asked for where several could be it, and refused where none can', () => {
    const several = rows([
      ['x', ['a', 'b']],
      ['y', ['c', 'd']],
    ]);
    expect(guessed(several).open).toMatchObject([{ option: 'idColumn', otherwise: 'x' }]);
    expect(() => guessed(rows([['x', ['a', 'a']]]))).toThrow(/--id-column; the columns are x/);
  });
});

test('a sentence with commas is no list, tags with few repeats are', () => {
  const sentences = Array.from({ length: 40 }, (_, i) => `red, white ${i}, and much else ${i}`);
  expect(of('remark', sentences).type).toBe('none');
  expect(of('tags', ['a, b', 'b, c', 'a', 'c, a', 'b'])).toMatchObject({
    type: 'set',
    separator: ',',
  });
});

test('as many features as a schema may have, and never more, from a very wide file', () => {
  const rows = Array.from({ length: 50 }, (_, row) =>
    Object.fromEntries([
      ['id', `i${row}`],
      ...Array.from({ length: 60 }, (__, column) => [`c${column}`, (row * (column + 7)) % 11]),
    ]),
  );
  const { definition } = proposeSchema('wide', guessed(rows), rows, NOW_MS);
  expect(parseSchema(definition).features.length).toBeLessThanOrEqual(64);
});

test.each([
  ['%', '$', '#'],
  ['__proto__', 'constructor', 'toString'],
  ['base', 'device', 'click-rate'],
])('columns may be named %s, %s and %s', (...names) => {
  const header = ['id', ...names];
  const rows = Array.from({ length: 40 }, (_, i) =>
    Object.fromEntries([
      ['id', `i${i}`],
      [names[0], String(i % 7)],
      [names[1], i % 2 === 0 ? 'red' : 'blue'],
      [names[2], i % 3 === 0 ? 'a|b' : 'b|c'],
    ]),
  );
  const { definition } = proposeSchema('$$$', guessColumns(header, rows, {}), rows, NOW_MS);
  const schema = parseSchema(definition);
  expect(schema.name).toBe('catalogue');
  const read = schema.features.flatMap((spec) => ('column' in spec ? [spec.column] : []));
  for (const name of names) expect(read).toContain(name);
});
