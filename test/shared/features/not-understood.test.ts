import { expect, it } from 'vitest';
import { parseItem } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { notUnderstood } from '../../../shared/features/not-understood.ts';
import { parseSchema } from '../../../shared/features/schema.ts';

const schema = parseSchema({
  name: 'hints',
  columns: [
    { name: 'tags', type: 'set' },
    { name: 'place', type: 'path', from: ['continent', 'country'] },
  ],
  features: [
    { name: 'tag', kind: 'set-overlap', column: 'tags', preference: 'tags', most: 2 },
    { name: 'place', kind: 'hierarchy', column: 'place', preferences: ['continents', 'countries'] },
  ],
});
const tableOf = (items: readonly object[]) =>
  packItems(
    schema.columns,
    items.map((attributes, i) => parseItem({ id: `i${i}`, ...attributes })),
  );

it('names every value that no item has, and compares only the first of them with what items have', () => {
  const table = tableOf([{ tags: ['beach'] }]);
  const tags = Array.from({ length: 256 }, (_, i) => `beach${i}`);
  const said = notUnderstood(schema, table, { tags });
  expect(said).toHaveLength(256);
  expect(said.filter((one) => one.endsWith('did you mean "beach"?'))).toHaveLength(3);
});

it('compares with the entries of sets, however many different sets there are', () => {
  const items = Array.from({ length: 4096 }, (_, set) => ({
    tags: Array.from({ length: 12 }, (_tag, i) => `tag-${'abcdefghijkl'[i]}`).filter(
      (_tag, i) => (set >> i) % 2 === 1,
    ),
  }));
  expect(notUnderstood(schema, tableOf(items), { tags: ['Tag-e'] })).toEqual([
    'preferences.tags: no item that is ranked has "Tag-e": did you mean "tag-e"?',
  ]);
});

it('does not take a level that an item lacks for a value that was meant', () => {
  const table = tableOf([{ continent: 'Asia' }, { country: 'JP' }]);
  expect(notUnderstood(schema, table, { continents: ['X'], countries: ['Y'] })).toEqual([
    'preferences.continents: no item that is ranked has "X"',
    'preferences.countries: no item that is ranked has "Y"',
  ]);
});
