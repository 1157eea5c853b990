import { afterAll, beforeAll, expect, test } from 'vitest';
import { snapshotFromBytes } from '../../../shared/format/snapshot-bytes.ts';
import { runCli } from '../cli/support/cli.ts';
import { fileOf } from '../runs/metric-weights/files/support/csv-file.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const cli = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });
const published = () => {
  const { hash } = JSON.parse(backend.kv.text('CATALOGUE/active')!);
  return snapshotFromBytes(new Uint8Array(backend.kv.values.get(`CATALOGUE/s/${hash}/0`)!));
};

test('attributes are changed one by one: the others stay, null takes one away, and what is wrong or unknown changes nothing', async () => {
  const patch = (items: unknown) => backend.call('PATCH', '/v1/items', items);
  await backend.call('PUT', '/v1/items', [
    { id: 'p1', price: 500, themes: ['food'], status: 'open', own: 'kept' },
    { id: 'p2', price: 600, status: 'open' },
  ]);
  const before = (await backend.call('GET', '/v1/items?after=p0&limit=2')).body.items;
  expect(
    (await patch([{ id: 'p1', price: 450 }, { id: 'p2', price: 600 }, { id: 'gone' }])).body,
  ).toEqual({
    changed: 1,
    unchanged: 1,
    unknown: ['gone'],
  });
  const read = async () => (await backend.call('GET', '/v1/items?after=p0&limit=2')).body.items;
  expect(await read()).toEqual([{ ...before[0], price: 450 }, before[1]]);
  await eventually(() => {
    const { table } = published();
    const price = table.columns.find(({ spec }) => spec.name === 'price')!;
    return [...table.ids].some((id, row) => id === 'p1' && price.values[price.codes[row]] === 450);
  });
  expect(
    (
      await patch([
        { id: 'p1', price: 1 },
        { id: 'p2', price: 'dear' },
      ])
    ).status,
  ).toBe(400);
  expect(
    (
      await patch([
        { id: 'p1', price: 1 },
        { id: 'p1', price: 2 },
      ])
    ).status,
  ).toBe(400);
  expect((await read())[0].price).toBe(450);
  // Two at the same time are both kept.
  await Promise.all([
    ...Array.from({ length: 10 }, (_, i) => patch([{ id: 'p2', [`own${i}`]: i, price: 600 }])),
    patch([{ id: 'p2', status: null }]),
  ]);
  const [, { status, ...others }] = await read();
  expect(status).toBeUndefined();
  expect(others).toMatchObject({ price: 600, own0: 0, own9: 9 });
});

test('items patch changes what it is told to, from its arguments or from lines of JSON', async () => {
  await backend.call('PUT', '/v1/items', [
    { id: 'a', price: 1, status: 'open' },
    { id: 'b', price: 1, status: 'open' },
    { id: 'c', price: 1, status: 'open' },
  ]);
  const one = await cli('items', 'patch', 'a', 'price=7', 'status=', 'themes=food|wine');
  expect(one.stdout).toContain('1 item changed, 0 as before');
  const lines = fileOf('{"id":"b","price":8}\n\n{"id":"c","price":9}\n');
  expect((await cli('items', 'patch', '--file', lines)).stdout).toContain('2 items changed');
  const { items } = (await backend.call('GET', '/v1/items?limit=3')).body;
  expect(items).toEqual([
    { id: 'a', price: 7, themes: ['food', 'wine'] },
    { id: 'b', price: 8, status: 'open' },
    { id: 'c', price: 9, status: 'open' },
  ]);
  expect(await cli('items', 'patch', 'nowhere', 'price=1')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('there is no item nowhere'),
  });
  for (const wrong of [['a'], ['a', 'price'], [], ['a', 'price=dear']])
    expect((await cli('items', 'patch', ...wrong)).exitCode).toBe(1);
});
