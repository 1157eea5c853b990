import { gzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import type { ItemFile } from '../../../../backend/catalogue/files/item-file.ts';
import { formatOf, readItems } from '../../../../backend/catalogue/files/read-items.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { needsShared, sharedFile } from '../../../support/shared-data.ts';
import { fileOf } from '../../runs/metric-weights/files/support/csv-file.ts';

async function read(content: string | Uint8Array, name: string, options: ItemFile = {}) {
  const file = name.includes('.') ? fileOf(content, name) : fileOf(content, `items.${name}`);
  const { items, refusedIds: _, ...rest } = await readItems(file, options, smarttrip.columns);
  return { ...rest, items: items.map(({ id, attributes }) => ({ id, ...attributes })) };
}

const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

/** Columns with which a header is almost as long as a row may be. */
const WIDE = Array.from({ length: 16 }, (_, i) => i);

describe('items from a file', () => {
  it.each<[string, string, string | Uint8Array, object[], ItemFile?]>([
    [
      'numbers and sets as the schema has them',
      'csv',
      'id,price,themes,title\na,12.5,hiking|food,12\n',
      [{ id: 'a', price: 12.5, themes: ['hiking', 'food'], title: '12' }],
    ],
    [
      'a set by its separator, a date in its order, a text that means missing',
      'csv',
      'id,themes,departure,price\na,food; sea,05/06/2027,-\n',
      [{ id: 'a', themes: ['food', 'sea'], departure: '2027-06-05' }],
      { sets: { themes: ';' }, dateOrder: 'day-first', missing: ['-'] },
    ],
    [
      'the month first, with a time',
      'csv',
      'id,departure\na,5/6/2027 10:30\n',
      [{ id: 'a', departure: '2027-05-06 10:30' }],
      { dateOrder: 'month-first' },
    ],
    [
      'a set in JSON that is a text',
      'jsonl',
      '{"id":"a","themes":"food, sea"}\n',
      [{ id: 'a', themes: ['food', 'sea'] }],
      { sets: { themes: ',' } },
    ],
    ['a set of one as a list', 'csv', 'id,themes\na, food \n', [{ id: 'a', themes: ['food'] }]],
    ['an empty cell as absent', 'csv', 'id,price,themes\na,,\n', [{ id: 'a' }]],
    [
      'quoted commas, quotes and line ends',
      'csv',
      'id,title\r\na,"one, 12"" x\ntwo"\r\n',
      [{ id: 'a', title: 'one, 12" x\ntwo' }],
    ],
    ['a byte-order mark as nothing', 'csv', '\uFEFFid\na\n', [{ id: 'a' }]],
    ['one in front of JSON as nothing', 'jsonl', '\uFEFF{"id":"a"}\n', [{ id: 'a' }]],
    ['semicolons', 'csv', 'id;price\na;1.5\n', [{ id: 'a', price: 1.5 }]],
    ['tabs', 'tsv', 'id\tprice\tthemes\na\t\tfood\n', [{ id: 'a', themes: ['food'] }]],
    [
      'a delimiter that is given',
      'csv',
      'id|price\na|1\n',
      [{ id: 'a', price: 1 }],
      { delimiter: '|' },
    ],
    [
      'a header with delimiters in quotes',
      'csv',
      '"id";"a,b,c";price\na;"x,y";5\n',
      [{ id: 'a', 'a,b,c': 'x,y', price: 5 }],
    ],
    [
      'a header in UTF-16 that is longer than what is read at once',
      'csv',
      utf16(
        `id;${WIDE.map((i) => `"${i}${'x'.repeat(60_000)},"`).join(';')};price\na;${WIDE.map(() => ';').join('')}5\n`,
      ),
      [{ id: 'a', price: 5 }],
    ],
    ['gzip, whatever the name says', 'csv', gzipSync('id,price\na,1\n'), [{ id: 'a', price: 1 }]],
    ['gzip by its name', 'items.csv.gz', gzipSync('id\na\n'), [{ id: 'a' }]],
    ['UTF-16', 'csv', utf16('id,title\r\na,España\r\n'), [{ id: 'a', title: 'España' }]],
    [
      'UTF-16, the other end first',
      'csv',
      utf16('id,title\na,España\n').swap16(),
      [{ id: 'a', title: 'España' }],
    ],
    [
      'every way to write that a number, a date or a text is missing',
      'csv',
      'id,price,departure,title\na,NULL,NA,NULL\nb,N/A,null,n/a\nc,NaN,,\n',
      [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
    ],
    ['Namibia as Namibia', 'csv', 'id,country\na,NA\n', [{ id: 'a', country: 'NA' }]],
    [
      'delimiters behind the last column as nothing',
      'csv',
      'id,price,,\na,1,\nb,2\nc,3,,,,\n',
      [
        { id: 'a', price: 1 },
        { id: 'b', price: 2 },
        { id: 'c', price: 3 },
      ],
    ],
    ['an id column in capitals', 'csv', 'ID,price\nX1,1\n', [{ id: 'X1', price: 1 }]],
    [
      'an id column of another name',
      'csv',
      'movieId,title\n1,Alien\n',
      [{ id: '1', title: 'Alien' }],
      { idColumn: 'movieId' },
    ],
    [
      'ids with their zeros',
      'csv',
      'id\n001\n1\n1.0\n',
      [{ id: '001' }, { id: '1' }, { id: '1.0' }],
    ],
    [
      'prices with a currency and groups, once it is said how',
      'csv',
      'id,price\na,$900 \nb,"$1,500 "\nc,900 EUR\nd,2500$\n',
      [
        { id: 'a', price: 900 },
        { id: 'b', price: 1500 },
        { id: 'c', price: 900 },
        { id: 'd', price: 2500 },
      ],
      { strip: '$EUR', decimal: '.' },
    ],
    [
      'decimal commas, once it is said',
      'csv',
      'id;price\na;1.299,00\nb;3,5\nc;12\n',
      [
        { id: 'a', price: 1299 },
        { id: 'b', price: 3.5 },
        { id: 'c', price: 12 },
      ],
      { decimal: ',' },
    ],
    [
      'a date from three columns',
      'csv',
      'id,y,m,d\na,2027,5,6\nb,,,\n',
      [{ id: 'a', departure: '2027-05-06' }, { id: 'b' }],
      { date: [{ column: 'departure', from: ['y', 'm', 'd'] }] },
    ],
    [
      'JSON lines as they are',
      'jsonl',
      '{"id":"a","themes":["x"],"n":null}\n\n{"id":"b","themes":"a|b"}',
      [
        { id: 'a', themes: ['x'], n: null },
        { id: 'b', themes: 'a|b' },
      ],
    ],
    [
      'a JSON array, on one line or many',
      'json',
      ' [\n{"id":"a",\n"price":1},{"id":7}]\n',
      [{ id: 'a', price: 1 }, { id: '7' }],
    ],
    ['a JSON array of another name', 'jsonl', '[{"id":"a"}]', [{ id: 'a' }]],
    ['a number for an id as text', 'jsonl', '{"id":7}\n', [{ id: '7' }]],
  ])('reads %s', async (_, name, content, items, options) => {
    expect(await read(content, name, options)).toEqual({ items, refused: [], merged: 0 });
  });

  it.each<[string, string, string | Uint8Array, RegExp]>([
    [
      'an id that is there twice',
      'csv',
      'id,price\na,1\nb,1\na,2\n',
      /line 4: item a is on line 2 already/,
    ],
    [
      'the same in an array',
      'json',
      '[{"id":"a"},{"id":"a"}]',
      /items\[1\]: item a is on items\[0\]/,
    ],
    [
      'an id beyond 2^53',
      'jsonl',
      '{"id":1519540354020417536}\n',
      /line 1: .*digits may have been lost/,
    ],
    ['an infinite id', 'jsonl', '{"id":1e400}\n', /but was Infinity/],
    ['an infinite price', 'jsonl', '{"id":"a","price":1e400}\n', /attribute "price" must be/],
    ['an id that a spreadsheet has rounded', 'csv', 'id\n1.51954E+18\n', /rounded: export/],
    ['a row without an id', 'csv', 'id,price\n,1\n', /line 2: column id is empty/],
    [
      'a line without an id',
      'jsonl',
      '{"id":"a"}\n\n{"name":"b"}\n',
      /line 3: there is no "id".*the columns are name/,
    ],
    ['a line that is no object', 'jsonl', 'null\n', /line 1: it is no object, so it has no "id"/],
    [
      'a price that is no number',
      'csv',
      'id,price\na,cheap\n',
      /line 2: column price: "cheap" is no number; write one, such as 12\.5, or leave the cell empty/,
    ],
    ['a dash for a price', 'csv', 'id,price\na,-\n', /"-" is no number; write one/],
    [
      'two ids that look alike',
      'csv',
      'id\né\ne\u0301\n',
      /line 3: item .* is on line 2 already, in another Unicode form: keep one/,
    ],
    [
      'an id with a character that nobody sees',
      'csv',
      'id\na\u200bb\n',
      /line 2: item id must be .* holds U\+200B/,
    ],
    [
      'a date of the first century',
      'csv',
      'id,departure\na,0095-05-06\n',
      /"0095-05-06": it must lie from 1990 to 2099/,
    ],
    ['a hexadecimal price', 'csv', 'id,price\na,0x10\n', /"0x10" is no number; write decimals/],
    ['a price too large for a number', 'csv', 'id,price\na,1e400\n', /"1e400" is no number/],
    [
      'a price with a currency',
      'csv',
      'id,price\na,$900\n',
      /"\$900" is no number; .*how to read it: --strip '\$' \(900\)$/,
    ],
    ['a price in the style of Europe', 'csv', 'id,price\na,"1.299,00"\n', /--decimal , \(1299\)/],
    [
      'a comma that may be either',
      'csv',
      'id,price\na,"1,500"\n',
      /--decimal \. \(1500\) or --decimal , \(1\.5\)/,
    ],
    [
      'a price as text in JSON, by the same rules',
      'jsonl',
      '{"id":"a","price":"$900"}',
      /line 1: column price: "\$900"/,
    ],
    [
      'a date that is none',
      'csv',
      'id,departure\na,2027-02-30\n',
      /line 2: column departure .*no such day/,
    ],
    [
      'a date of another country',
      'csv',
      'id,departure\na,05/06/2027\n',
      /"05\/06\/2027": write 2027-05-06/,
    ],
    ['seconds for a date', 'jsonl', '{"id":"a","departure":1809129600}', /seconds since 1970/],
    [
      'a set that is a number',
      'jsonl',
      '{"id":"a","themes":5}',
      /line 1: item a: "themes" must be texts/,
    ],
  ])('refuses %s, naming the line, and reads the others', async (_, name, content, message) => {
    const { refused } = await read(content, name);
    expect(refused).toEqual([expect.stringMatching(message)]);
  });

  const unclosed = `id,price,status\nq0,1,"two\nlines"\nq1,1,"open\n${'q2,1,open\n'.repeat(150)}`;
  it.each<[string, string, string | Uint8Array, RegExp, ItemFile?]>([
    ['an empty file', 'csv', '', /items\.csv is empty/],
    [
      'a header with a name twice',
      'csv',
      'id,price,price\na,1,2\n',
      /two columns are named "price" \(columns 2 and 3\)/,
    ],
    [
      'a file without an id column',
      'csv',
      'movieId,name\n1,x\n',
      /there is no "id".*--id-column; the columns are movieId, name/,
    ],
    [
      'an id column that is not there',
      'csv',
      'id\na\n',
      /no column "sku" for the id: the columns are id/,
      { idColumn: 'sku' },
    ],
    [
      'a row with too many cells',
      'csv',
      'id,price\na,1,2\n',
      /line 2 has 3 cells, but the header names 2 columns/,
    ],
    ['a row with too few', 'csv', 'id,price\na\n', /line 2 has 1 cells/],
    [
      'a value without a name',
      'csv',
      'id,,price\na,x,2\n',
      /line 2: column 2 has a value \("x"\) and no name/,
    ],
    [
      'a quote that is never closed',
      'csv',
      unclosed,
      /line 4: a quote is opened in this row and never closed/,
    ],
    ['the same with CRLF', 'csv', unclosed.replaceAll('\n', '\r\n'), /line 4: a quote/],
    [
      'the same in a long file',
      'csv',
      unclosed + 'q3,1,open\n'.repeat(200_000),
      /line 4: this row is longer than the maximum/,
    ],
    [
      'a quote within a cell',
      'csv',
      'id,title\na,12" screen\n',
      /line 2: a quote stands within a cell/,
    ],
    [
      'a quote behind one that closes the cell',
      'csv',
      'id,title\na,"12" screen"\n',
      /line 2: a quote stands within a cell: put the whole cell into quotes/,
    ],
    [
      'a file behind another one',
      'csv',
      'id,title\na,x\n\uFEFFid,title\nb,y\n',
      /line 3 begins with a byte-order mark/,
    ],
    ['the same with CR', 'csv', 'id\ra\r\uFEFFb\r', /begins with a byte-order mark/],
    [
      'the same in JSON',
      'jsonl',
      '{"id":"a"}\n\uFEFF{"id":"b"}',
      /line 2 begins with a byte-order/,
    ],
    [
      'the same after the first piece of the file',
      'csv',
      `id\n${Array.from({ length: 20_000 }, (_, i) => `a${i}\n`).join('')}\uFEFFb\n`,
      /line 20002 begins with a byte-order mark/,
    ],
    [
      'a name twice in one object',
      'jsonl',
      '{"id":"a","x":"a:b{"}\n{"id":"b","price":1,"price":2}\n',
      /items\.jsonl: line 2: "price" is there twice in one object/,
    ],
    [
      'the same written otherwise',
      'jsonl',
      '{"id":"a","price":1,"pr\\u0069ce":2}\n',
      /line 1: "price" is there twice/,
    ],
    [
      'the same within an array',
      'json',
      '[{"id":"a"},\n{"id":"b",\n"id":"c"}]',
      /"id" is there twice in one object \(the second on line 3\)/,
    ],
    [
      'a cell that is too long',
      'csv',
      `id,title\na,${'x'.repeat(70_000)}\n`,
      /line 2, column title: a cell of 70,000 characters/,
    ],
    [
      'Latin-1',
      'csv',
      Buffer.from('id,country\na,x\nb,España\n', 'latin1'),
      /line 3 is not UTF-8: .*iconv/,
    ],
    [
      'Latin-1 in a long file',
      'csv',
      Buffer.from(`id,country\n${'a,x\n'.repeat(50_000)}b,España\n`, 'latin1'),
      /line 50002 is not UTF-8/,
    ],
    [
      'UTF-16 without a byte-order mark',
      'csv',
      Buffer.from('id\na\n', 'utf16le'),
      /line 1 holds a null character: .*UTF-16/,
    ],
    [
      'a damaged gzip file',
      'csv',
      gzipSync('id\na\n'.repeat(9999)).subarray(0, 60),
      /gzip file is damaged or cut off/,
    ],
    [
      'a line that is not JSON',
      'jsonl',
      '{"id":"a"}\n{id: b}\n',
      /items\.jsonl: line 2 is not JSON: \{id: b\}/,
    ],
    ['an array that breaks off', 'json', '[{"id":"a"},', /begins as a JSON array and is none/],
    [
      'a delimiter of two characters',
      'csv',
      'id\n',
      /a delimiter must be one character/,
      { delimiter: '::' },
    ],
  ])('refuses %s', async (_, name, content, message, options) => {
    await expect(read(content, name, options)).rejects.toThrow(message);
  });

  it('makes one item of the rows of its variants where that is asked for', async () => {
    const rows = 'id,price,themes,title\na,,hiking,\nb,5,,\na,7,food|hiking,One\na,9,,Two\n';
    expect(await read(rows, 'csv', { merge: true })).toEqual({
      items: [
        { id: 'a', price: 7, themes: ['hiking', 'food'], title: 'One' },
        { id: 'b', price: 5 },
      ],
      refused: [],
      merged: 2,
    });
  });

  it.each([
    ['trips.csv', undefined, 'table'],
    ['trips.CSV.gz', undefined, 'table'],
    ['trips.tsv', undefined, 'table'],
    ['trips.jsonl', undefined, 'json'],
    ['trips.ndjson', undefined, 'json'],
    ['trips.json', undefined, 'json'],
    ['trips.csv', 'jsonl', 'json'],
  ])('takes %s with --format %s for %s', (name, given, format) => {
    expect(formatOf(fileOf('', name), given)).toBe(format);
  });

  it('takes the format of stdin from --format', () => expect(formatOf('-', 'csv')).toBe('table'));

  it.each([
    ['stdin', '-', undefined],
    ['another name', 'trips.xlsx', undefined],
    ['another format', 'trips.csv', 'xml'],
  ])('asks what %s is', (_, name, given) => {
    const file = name === '-' ? name : fileOf('', name);
    expect(() => formatOf(file, given)).toThrow('--format csv or --format jsonl');
  });
});

const CASES = needsShared('cases/csv-dup-id.csv');
const expected: [string, number, RegExp[], ItemFile?][] = [
  ['csv-bom-crlf.csv', 2, []],
  // What is in USD is read without an option, as the column is one of prices.
  ['csv-currency.csv', 3, [/--strip/, /--strip/, /--strip/]],
  ['csv-currency.csv', 6, [], { strip: '$USD', decimal: '.' }],
  ['csv-dup-id.csv', 1, [/line 3: item same-1 is on line 2/]],
  ['csv-epoch-ms.csv', 1, []],
  ['csv-eu-price.csv', 0, [/--decimal ,/]],
  ['csv-gz-named.csv', 2, []],
  ['csv-gz.csv.gz', 2, []],
  ['csv-header-only.csv', 0, []],
  ['csv-hex-price.csv', 1, [/0x10/]],
  ['csv-leading-zero.csv', 3, []],
  ['csv-null-price.csv', 3, []],
  ['csv-odd-dates.csv', 0, [/05\/06/, /"1"/, /no such day/]],
  ['csv-other-id-column.csv', 1, [], { idColumn: 'movieId' }],
  ['csv-quotes-newline.csv', 1, []],
  ['csv-semicolon.csv', 1, []],
  ['csv-tab.csv', 1, []],
  ['csv-trailing-comma-rows.csv', 1, []],
  ['csv-trailing-comma.csv', 1, []],
  ['csv-upper-id.csv', 1, []],
  ['csv-utf16.csv', 1, []],
  ['epoch-seconds.jsonl', 1, [/seconds/]],
  ['ids-odd.jsonl', 4, [/item id must not be ".."/]],
  ['json-array.json', 2, []],
  ['unicode-forms.jsonl', 2, []],
];

test
  .skipIf(CASES.absent)
  .each(CASES.cases('files that were tried', expected, ([name, n]) => `${name}: ${n}`))(
  '%s',
  async (_, [name, count, refusals, options = {}]) => {
    const found = await readItems(sharedFile(`cases/${name}`), options, smarttrip.columns);
    expect(found.refused).toEqual(refusals.map((why) => expect.stringMatching(why)));
    expect(found.items).toHaveLength(count);
  },
);
