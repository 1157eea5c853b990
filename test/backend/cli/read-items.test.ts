import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { formatOf, readItems, type ItemFormat } from '../../../backend/cli/items/read-items.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';

async function read(text: string, format: ItemFormat) {
  const items = [];
  const stream = Readable.from([Buffer.from(text)]);
  for await (const item of readItems(stream, format, smarttrip.columns)) items.push(item);
  return items;
}

describe('items from a file', () => {
  it.each<[string, ItemFormat, string, unknown[]]>([
    [
      'numbers and sets as the schema has them',
      'csv',
      'id,price,themes,title\na,12.5,hiking|food,12\n',
      [{ id: 'a', price: 12.5, themes: ['hiking', 'food'], title: '12' }],
    ],
    ['a set of one as a list', 'csv', 'id,themes\na, food \n', [{ id: 'a', themes: ['food'] }]],
    ['an empty cell as absent', 'csv', 'id,price,themes\na,,\n', [{ id: 'a' }]],
    [
      'quoted commas and line ends',
      'csv',
      'id,title\r\na,"one,\ntwo"\r\n',
      [{ id: 'a', title: 'one,\ntwo' }],
    ],
    ['a byte-order mark as nothing', 'csv', '\uFEFFid\na\n', [{ id: 'a' }]],
    [
      'what is no number as text, for the backend to refuse',
      'csv',
      'id,price\na,cheap\n',
      [{ id: 'a', price: 'cheap' }],
    ],
    [
      'JSON lines as they are',
      'jsonl',
      '{"id":"a","themes":["x"],"n":null}\n\n{"id":"b"}',
      [{ id: 'a', themes: ['x'], n: null }, { id: 'b' }],
    ],
    ['a number for an id as text', 'jsonl', '{"id":7}\n', [{ id: '7' }]],
    ['an empty file as no items', 'csv', '', []],
  ])('reads %s', async (_, format, text, items) => {
    expect(await read(text, format)).toEqual(items);
  });

  it.each<[string, ItemFormat, string, string]>([
    ['a line that is not JSON', 'jsonl', '{"id":"a"}\n{id: b}\n', 'line 2 is not JSON: {id: b}'],
    ['a line without an id', 'jsonl', '{"id":"a"}\n\n{"name":"b"}\n', 'line 3 has no "id"'],
    ['a line that is no object', 'jsonl', 'null\n', 'line 1 has no "id"'],
    ['a file without an id column', 'csv', 'name\nx\n', 'line 2 has no "id"'],
    ['a row with too many cells', 'csv', 'id,price\na,1,2\n', 'line 2'],
  ])('refuses %s, naming the line', async (_, format, text, message) => {
    await expect(read(text, format)).rejects.toThrow(message);
  });

  it.each([
    ['trips.csv', undefined, 'csv'],
    ['trips.jsonl', undefined, 'jsonl'],
    ['trips.ndjson', undefined, 'jsonl'],
    ['-', 'csv', 'csv'],
    ['trips.csv', 'jsonl', 'jsonl'],
  ])('takes %s with --format %s for %s', (file, given, format) => {
    expect(formatOf(file, given)).toBe(format);
  });

  it.each([
    ['-', undefined],
    ['trips.xlsx', undefined],
    ['trips.csv', 'xml'],
  ])('asks what %s with --format %s is', (file, given) => {
    expect(() => formatOf(file, given)).toThrow('--format csv or --format jsonl');
  });
});
