import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../../backend/store/connect.ts';
import { snapshotFromBytes } from '../../../shared/format/snapshot-bytes.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const put = (items: unknown) => backend.call('PUT', '/v1/items', items);
const pointer = () => JSON.parse(backend.kv.text('CATALOGUE/active')!);
const published = () => {
  const { hash, parts } = pointer();
  const bytes = Array.from({ length: parts }, (_, part) =>
    backend.kv.values.get(`CATALOGUE/s/${hash}/${part}`)!,
  );
  return snapshotFromBytes(new Uint8Array(Buffer.concat(bytes)));
};
const ids = (): readonly string[] => [...published().table.ids];

test('items that were put are in the snapshot soon, one part after the other, the pointer last', async () => {
  const items = [
    { id: 'porto', themes: ['food', 'wine'], price: 700, continent: 'Europe', country: 'PT' },
    { id: 'lisbon', themes: 'food', price: '800', departure: '2027-01-01', unknown: true },
  ];
  expect((await put(items)).body).toEqual({
    upserted: 2,
    changed: 2,
    created: 2,
    unchanged: 0,
  });
  await eventually(() => ids().length === 2);
  expect(ids().toSorted()).toEqual(['lisbon', 'porto']);
  const { hash } = pointer();
  // What is read to see whether all is well in KV comes in between, and what else is published.
  const publishing = backend.kv.calls.filter((call) =>
    /CATALOGUE\/s\/|PUT CATALOGUE\/active$/.test(call),
  );
  const from = publishing.indexOf(`PUT CATALOGUE/s/${hash}/0`);
  expect(publishing.slice(from, from + 3)).toEqual([
    `PUT CATALOGUE/s/${hash}/0`,
    `GET CATALOGUE/s/${hash}/0`,
    'PUT CATALOGUE/active',
  ]);
});

test('what does not change the content publishes nothing', async () => {
  const before = pointer();
  expect(
    (
      await put([
        { id: 'porto', themes: ['food', 'wine'], price: 700, continent: 'Europe', country: 'PT' },
      ])
    ).body,
  ).toEqual({ upserted: 1, changed: 0, created: 0, unchanged: 1 });
  const reordered = { id: 'porto', themes: ['wine', 'food'], price: 700, continent: 'Europe' };
  expect((await put([{ ...reordered, country: 'PT' }, { id: 'madrid' }])).body).toEqual({
    upserted: 2,
    changed: 2,
    created: 1,
    unchanged: 0,
  });
  await backend.call('DELETE', '/v1/items/madrid');
  await put([{ id: 'marker' }]);
  await eventually(() => ids().includes('marker'));
  await backend.call('DELETE', '/v1/items/marker');
  await eventually(() => !ids().includes('marker'));
  expect(pointer()).toMatchObject({ hash: before.hash, sizeBytes: before.sizeBytes });
});

test('a deleted item leaves the snapshot; deleting it again is a 404', async () => {
  await put([{ id: 'faro' }]);
  await eventually(() => ids().includes('faro'));
  expect((await backend.call('DELETE', '/v1/items/faro')).body).toEqual({ deleted: 'faro' });
  await eventually(() => !ids().includes('faro'));
  expect(await backend.call('DELETE', '/v1/items/faro')).toMatchObject({
    status: 404,
    body: { code: 'unknown_item' },
  });
});

test('items with ids that would be refused today do not keep the others from the edge', async () => {
  const old = ['..', 'two words', 'a\u200bb'];
  const client = connect(backend.config.database);
  for (const id of old)
    await client.execute({
      sql: `insert into items (id, attributes, "updatedAt") values (?, '{}', 0)`,
      args: [id],
    });
  client.close();
  await put([{ id: 'beside-old', price: 1 }]);
  await eventually(() => ids().includes('beside-old'));
  expect(ids()).toEqual(expect.arrayContaining(['..', 'a\u200bb']));
  expect(ids()).not.toContain('two words');
  await backend.call('POST', '/v1/items/delete', { ids: [...old, 'beside-old'] });
  await eventually(() => !ids().includes('..'));
});

test('the catalogue is listed page by page, in order of id', async () => {
  const { body } = await backend.call('GET', '/v1/items?limit=1');
  expect(body).toMatchObject({
    items: [{ id: 'lisbon', price: '800', unknown: true }],
    next: 'lisbon',
  });
  const rest = await backend.call('GET', '/v1/items?after=lisbon');
  expect(rest.body).toEqual({
    items: [
      { id: 'porto', themes: ['wine', 'food'], price: 700, continent: 'Europe', country: 'PT' },
    ],
  });
});

test('many changes in a row make few snapshots', async () => {
  const before = backend.kv.calls.filter((call) => call === 'PUT CATALOGUE/active').length;
  for (let i = 0; i < 30; i++) await put([{ id: `burst-${i}` }]);
  await eventually(() => ids().includes('burst-29'));
  const made = backend.kv.calls.filter((call) => call === 'PUT CATALOGUE/active').length - before;
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(30);
});

test.each([
  [
    'a price that is no number',
    [{ id: 'a', price: 'cheap' }],
    400,
    /item a: "price" must be a number, or one with the code of its currency such as "129 EUR", but was "cheap"/,
  ],
  [
    'an id that is there twice',
    [{ id: 'a', price: 1 }, { id: 'b' }, { id: 'a', price: 2 }],
    400,
    /items\[0\] and items\[2\] have one id, a/,
  ],
  [
    'an id in two Unicode forms',
    [{ id: 'é', price: 1 }, { id: 'e\u0301' }],
    400,
    /items\[0\] and items\[1\] have one id, .*, in two Unicode forms: send each item once/,
  ],
  [
    'a number for an id whose digits JSON loses',
    '[{"id":1519540354020417536,"price":1},{"id":1519540354020417537,"price":2}]',
    400,
    /item id that is a number must be a whole number up to 9007199254740991/,
  ],
  ['an infinite number for an id', '[{"id":1e400}]', 400, /but was Infinity/],
  ['a date that is none', [{ id: 'a', departure: '2027-02-30' }], 400, /there is no such day/],
  [
    'columns of which the schema knows none',
    [
      { id: 'a', movie: 'Alien' },
      { id: 'c', genres: ['Horror'] },
    ],
    400,
    /schema smarttrip knows none of these columns: the items have movie, genres; the schema has themes, difficulty, durationDays, price, status, tripType, departure, continent, country/,
  ],
  ['an item without an id', [{ price: 1 }], 400, /item id must be 1 to 128 printable characters/],
  [
    'an attribute that is an object',
    [{ id: 'a', themes: { food: 1 } }],
    400,
    /attribute "themes" must be text/,
  ],
  ['something that is no list', { id: 'a' }, 400, /expected array/],
  [
    '5,001 items',
    Array.from({ length: 5001 }, (_, i) => ({ id: `${i}` })),
    400,
    /at most 5000 items at once/,
  ],
  ['malformed JSON', '[{"id": ', 400, /Malformed JSON/],
  ['10 MB', `[{"id":"${'x'.repeat(10_000_000)}"}]`, 413, /the body may have 8388608 bytes at most/],
])('%s is refused, and nothing of the request is stored', async (_, body, status, message) => {
  const answer = await put(body);
  expect({ status: answer.status, message: answer.body.message }).toEqual({
    status,
    message: expect.stringMatching(message),
  });
  expect(
    (await backend.call('GET', '/v1/items?limit=1000')).body.items.map(
      ({ id }: { id: string }) => id,
    ),
  ).not.toContain('a');
});

test('after a restart nothing is published again, and the next change is', async () => {
  // Which items are alike is found meanwhile, in a thread of its own.
  const puts = () =>
    backend.kv.calls.filter((call) => /^PUT CATALOGUE.(?!r\/|related$)/.test(call));
  const before = puts().length;
  await backend.restart();
  expect(puts()).toHaveLength(before);
  await put([{ id: 'after-restart' }]);
  await eventually(() => ids().includes('after-restart'));
});

test('a version of another schema repacks the catalogue under it; one that the catalogue does not fit is told', async () => {
  await promote({ name: 'country', type: 'category' });
  await eventually(
    () =>
      published()
        .table.columns.map(({ spec }) => spec.name)
        .join() === 'country',
  );
  await promote({ name: 'country', type: 'date' });
  const problems = await eventually(async () => {
    const { body } = await backend.call('GET', '/v1/status');
    return body.problems.length > 0 && body.problems;
  });
  expect(problems).toEqual([expect.stringMatching(/item porto: "country" must be an ISO date/)]);
  expect(ids()).toContain('porto');
});

const promote = async (column: object) => {
  const { body } = await backend.call('POST', '/v1/weights', {
    name: 'hotels',
    schema: schemaOf(column),
    points: {},
  });
  expect((await backend.call('POST', `/v1/weights/${body.version}/promote`)).status).toBe(200);
};

const schemaOf = (column: object) => ({
  name: 'hotels',
  columns: [column],
  features: [{ name: 'base', kind: 'constant' }],
});

test('ids that an address cannot hold are refused, and go by a body where they are stored already', async () => {
  for (const id of ['.', '..', 2 ** 53, 1.5])
    expect(await put([{ id }])).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect((await put('[{"id":1e400}]')).status).toBe(400);
  const client = connect(backend.config.database);
  for (const id of ['..', 'two words', 'a\u200bb'])
    await client.execute({
      sql: `insert into items (id, attributes, "updatedAt") values (?, '{}', 0)`,
      args: [id],
    });
  client.close();
  await put([{ id: 'a/b' }]);
  const { body } = await backend.call('POST', '/v1/items/delete', {
    ids: ['..', 'two words', 'a\u200bb', 'a/b', 'none'],
  });
  expect(body).toEqual({ deleted: ['..', 'two words', 'a\u200bb', 'a/b'], unknown: ['none'] });
  const left = (await backend.call('GET', '/v1/items?limit=1000')).body.items;
  expect(left.map(({ id }: { id: string }) => id)).not.toContain('..');
});
