import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  parseMapping,
  type UnitsMapping,
} from '../../../../../backend/runs/metric-weights/files/mapping.ts';
import { openTable } from '../../../../../backend/table/open-table.ts';
import { readUnits } from '../../../../../backend/runs/metric-weights/files/read-units.ts';
import { fileOf } from './support/csv-file.ts';

const MAPPING = {
  kind: 'units',
  metrics: [{ column: 'clicks' }, { column: 'saved', parse: 'boolean', better: 'lower' }],
  context: [{ column: 'city', parse: 'category' }],
  target: { column: 'value' },
  arm: { column: 'arm', control: 'a' },
};

const HEADER = 'clicks,saved,city,value,arm';
const ROWS = ['1,True,Lisbon,10,a', '2,FALSE,"Oslo, Norway",20,b', '3,1,Rome,30,b'];

async function read(content: string | Uint8Array, mapping: object = MAPPING) {
  const file = fileOf(content);
  return readUnits(file, await openTable(file), parseMapping(mapping, 'test.json') as UnitsMapping);
}

const csv = (rows: readonly string[] = ROWS, header = HEADER) => [header, ...rows].join('\n');

/** The city alone has a comma. */
const separatedBy = (delimiter: string) =>
  csv().replaceAll(',', delimiter).replace(`"Oslo${delimiter} Norway"`, 'Oslo, Norway');

test.each([
  ['plain', csv()],
  ['with a byte-order mark', `\uFEFF${csv()}`],
  ['with carriage returns and blank lines', `${csv().replaceAll('\n', '\r\n')}\r\n\r\n`],
  ['gzipped, whatever its name says', gzipSync(csv())],
  ['with semicolons', separatedBy(';')],
  ['with tabs and quoted names', separatedBy('\t').replaceAll(/clicks|saved|city/g, '"$&"')],
])('%s', async (_, content) => {
  const { table } = await read(content);
  expect(table.metrics.map(({ values }) => Array.from(values))).toEqual([
    [1, 2, 3],
    [1, 0, 1],
  ]);
  expect(table.metrics[1].better).toBe('lower');
  expect(table.context[0].values).toEqual(['Lisbon', 'Oslo, Norway', 'Rome']);
  expect(table.arms).toEqual({ names: ['a', 'b'], of: Uint16Array.of(0, 1, 1) });
});

test('an empty number is missing; an empty text is a category', async () => {
  const { table } = await read(csv([...ROWS, ',NA,,nan,a']));
  expect(table.metrics[0].values[3]).toBeNaN();
  expect(table.metrics[1].values[3]).toBeNaN();
  expect(table.target.values[3]).toBeNaN();
  expect(table.context[0].values[3]).toBe('');
});

test('the largest values count as the percentile of all', async () => {
  const rows = Array.from(
    { length: 101 },
    (_, i) => `${i === 100 ? 1e6 : i},${i % 2},x,${i},${i % 2 ? 'a' : 'b'}`,
  );
  const metrics = [{ column: 'clicks', winsorShare: 0.99 }, MAPPING.metrics[1]];
  const { table } = await read(csv(rows), { ...MAPPING, metrics });
  expect(Math.max(...table.metrics[0].values)).toBe(99);
});

test('filters keep rows by text and by number', async () => {
  const filters = [
    { column: 'city', notIn: ['Rome'] },
    { column: 'clicks', atLeast: 1, atMost: 2 },
  ];
  const { table, filtered } = await read(csv(), { ...MAPPING, filters });
  expect([table.units, filtered]).toEqual([2, 1]);
});

test('a unit whose horizon is not over is no label', async () => {
  const rows = ROWS.map((row, i) => `${row},2026-01-01,2026-0${i + 1}-15`);
  const { table } = await read(csv(rows, `${HEADER},seen,until`), {
    ...MAPPING,
    time: { column: 'seen', parse: 'iso' },
    target: { column: 'value', horizonDays: 30, observedUntil: 'until' },
  });
  expect(Array.from(table.target.values)).toEqual([Number.NaN, 20, 30]);
  expect(table.at![0]).toBe(Date.UTC(2026, 0, 1));
});

test('a moment without a zone is UTC, and may stand in three columns', async () => {
  const seen = { time: { column: 'seen', parse: 'iso' } };
  const whole = ROWS.map((row) => `${row},2026-03-29 02:58:00`);
  const { table } = await read(csv(whole, `${HEADER},seen`), { ...MAPPING, ...seen });
  expect(table.at![0]).toBe(Date.UTC(2026, 2, 29, 2, 58));
  const parts = ROWS.map((row) => `${row},2026,3,29`);
  const time = { year: 'y', month: 'm', day: 'd' };
  const joined = await read(csv(parts, `${HEADER},y,m,d`), { ...MAPPING, time });
  expect(joined.table.at![0]).toBe(Date.UTC(2026, 2, 29));
});

test('rows that repeat are counted where no column says whose they are', async () => {
  expect((await read(csv([...ROWS, ROWS[0], ROWS[0]]))).repeated).toBe(2);
});

test('numbers are read by the style that is given', async () => {
  const file = fileOf(csv(['"$1,000",1,x,10,a', '2,0,x,20,b']));
  const table = await openTable(file);
  const mapping = parseMapping(MAPPING, 'test.json') as UnitsMapping;
  const found = await readUnits(file, table, mapping, { strip: '$', decimal: '.' });
  expect(Array.from(found.table.metrics[0].values)).toEqual([1000, 2]);
});

test.each<[string, string, object, RegExp]>([
  [
    'a second row of a unit',
    csv(['1,1,x,1,a,u1', '2,0,x,2,b,u2', '3,0,x,3,b,u1'], `${HEADER},who`),
    { ...MAPPING, unit: 'who' },
    /lines 2 and 4 are of one unit, u1 in column who/,
  ],
  [
    'a moment of another country',
    csv(
      ROWS.map((row) => `${row},05/06/2027`),
      `${HEADER},seen`,
    ),
    { ...MAPPING, time: { column: 'seen', parse: 'iso' } },
    /line 2, column seen must be an ISO date or epoch milliseconds, but was "05\/06\/2027"/,
  ],
  [
    'milliseconds for seconds',
    csv(
      ROWS.map((row) => `${row},1809129600000`),
      `${HEADER},seen`,
    ),
    { ...MAPPING, time: { column: 'seen', parse: 'epoch s' } },
    /line 2, column seen must be/,
  ],
  [
    'a hexadecimal number',
    csv([...ROWS, '0x10,0,x,1,a']),
    MAPPING,
    /line 5, column clicks: "0x10"/,
  ],
  ['an empty file', '', MAPPING, /is empty: its first line must name the columns/],
  ['a header alone', HEADER, MAPPING, /has no row below its header/],
  [
    'a missing column',
    csv(ROWS, 'clicks,saved,city,value,group'),
    MAPPING,
    /has no column "arm": it has clicks, saved, city, value, group/,
  ],
  [
    'two columns of one name',
    csv(ROWS, 'clicks,saved,city,value,clicks'),
    MAPPING,
    /two columns are named "clicks"/,
  ],
  [
    'a decimal comma',
    separatedBy(';').replace('3;1', '3,5;1'),
    MAPPING,
    /line 4, column clicks: "3,5" is no number; write decimals with a point/,
  ],
  [
    'a text for a number',
    csv([...ROWS, 'many,0,x,1,a']),
    MAPPING,
    /line 5, column clicks: "many" is no number/,
  ],
  [
    'true for a number',
    csv([...ROWS, 'True,0,x,1,a']),
    MAPPING,
    /line 5, column clicks: "True" is no number; if it is true or false, say "parse": "boolean"/,
  ],
  [
    'a number for a yes or no',
    csv([...ROWS, '1,2,x,1,a']),
    MAPPING,
    /line 5, column saved: "2" is neither true nor false/,
  ],
  ['a row that is too short', csv([...ROWS, '1,0']), MAPPING, /line 5/],
  ['an open quote', csv([...ROWS, '1,0,"x,1,a']), MAPPING, /[Qq]uote/],
  [
    'a metric of one value',
    csv(['5,1,x,1,a', '5,0,x,2,b']),
    MAPPING,
    /column clicks is 5 in every row/,
  ],
  [
    'a metric without values',
    csv([',1,x,1,a', ',0,x,2,b']),
    MAPPING,
    /column clicks is empty in every row/,
  ],
  [
    'a target of one value',
    csv(['1,1,x,1,a', '2,0,x,1,b']),
    MAPPING,
    /column value is 1 in every row/,
  ],
  [
    'the control alone',
    csv(['1,1,x,1,a', '2,0,x,2,a']),
    MAPPING,
    /column arm is "a" in every row: there is no treatment/,
  ],
  [
    'no control',
    csv(['1,1,x,1,b', '2,0,x,2,c']),
    MAPPING,
    /column arm never says "a", the control: it says b, c/,
  ],
  [
    'filters that leave nothing',
    csv(),
    { ...MAPPING, filters: [{ column: 'city', in: ['Bern'] }] },
    /the filters leave out all 3/,
  ],
])('%s is refused, and says where', async (_, content, mapping, message) => {
  await expect(read(content, mapping)).rejects.toThrow(message);
});

test.each<[string, object, RegExp]>([
  ['an unknown field', { ...MAPPING, metric: [] }, /metric/],
  ['an unknown kind', { kind: 'rows' }, /kind/],
  ['no metric', { ...MAPPING, metrics: [] }, /metrics/],
  [
    'a target that is a metric',
    { ...MAPPING, target: { column: 'clicks' } },
    /clicks is the target and a metric/,
  ],
  [
    'a name twice',
    { ...MAPPING, context: [{ column: 'clicks', parse: 'number' }] },
    /clicks is named twice/,
  ],
  [
    'a horizon without a clock',
    { ...MAPPING, target: { column: 'value', horizonDays: 3, observedUntil: 'until' } },
    /counts from time/,
  ],
  [
    'a horizon without an end',
    { ...MAPPING, target: { column: 'value', horizonDays: 3 } },
    /go together/,
  ],
  [
    'a cross of nothing',
    { ...MAPPING, crosses: [['clicks', 'hour']] },
    /hour is neither a metric nor context/,
  ],
  [
    'an empty filter',
    { ...MAPPING, filters: [{ column: 'city' }] },
    /must say in, notIn, atLeast or atMost/,
  ],
])('a mapping with %s is refused by name', (_, mapping, message) => {
  expect(() => parseMapping(mapping, 'test.json')).toThrow(message);
});

test('a gzipped file of one endless row is refused long before it is unpacked', async () => {
  const file = fileOf(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a')), 'bomb.csv.gz');
  const before = process.memoryUsage().rss;
  await expect(openTable(file)).rejects.toThrow(/bomb.csv.gz: .*[Mm]ax/);
  expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
});

test('a quote that is never closed is refused, not read to the end', async () => {
  const content = `${csv()}\n4,1,"Rome,40,b\n${'5,1,Oslo,50,b\n'.repeat(200_000)}`;
  await expect(read(content)).rejects.toThrow(/[Mm]ax/);
});
