import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../backend/store/connect.ts';
import { smallDisk, smallDiskNeeds } from '../../support/small-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { eventually, startTestBackend, type TestBackend } from '../support/backend.ts';
import { keyedUser } from '../support/keyed.ts';

let backend: TestBackend;
afterEach(() => backend.close());

const ready = async () => {
  const { status, body } = await backend.call('GET', '/health/ready', undefined, {
    authorization: '',
  });
  expect(status).toBe(body.ready ? 200 : 503);
  return body as { ready: boolean; problems: string[] };
};
const untilProblem = (problem: RegExp) =>
  eventually(async () => (await ready()).problems.some((text) => problem.test(text)));
const untilReady = () => eventually(async () => (await ready()).ready);
const items = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `item-${i}`, price: i, title: 'x'.repeat(200) }));
const put = async (count: number) => {
  await backend.call('PUT', '/v1/items', items(count));
  await eventually(async () => {
    const { snapshot } = (await backend.call('GET', '/v1/status')).body;
    return snapshot?.items === count;
  });
};
const DISK_BYTES = 24 * 1024 * 1024;
/** Writes as much as there is room for. */
function fill(file: string): void {
  const some = new Uint8Array(64 * 1024);
  try {
    for (;;) appendFileSync(file, some);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
const catalogue = () => JSON.parse(backend.kv.text('CATALOGUE/active')!);

test.skipIf(smallDiskNeeds.absent)(
  `a disk that is full is named, until it is no longer${smallDiskNeeds.why}`,
  async () => {
    const folder = smallDisk(DISK_BYTES);
    backend = await startTestBackend({
      database: { url: pathToFileURL(join(folder, 'trimtab.db')).href },
      probeEveryMs: 100,
    });
    const filler = join(folder, 'filler');
    fill(filler);
    await untilProblem(/the disk of the database has no room for 1 MiB more: ENOSPC/);
    rmSync(filler);
    await untilReady();
  },
);

test('a database of which pages are damaged is not ready, and its table is named', async () => {
  const file = join(temporaryFolder(), 'trimtab.db');
  const database = { url: pathToFileURL(file).href };
  backend = await startTestBackend({ database });
  await put(2000);
  await backend.close();
  // From the log of writes into the file, where the damage is done.
  const client = connect(database);
  await client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  client.close();
  const bytes = readFileSync(file);
  const page = Math.floor(bytes.indexOf('item-1500') / 4096);
  bytes.fill(0xff, page * 4096, page * 4096 + 200);
  writeFileSync(file, bytes);
  backend = await startTestBackend({ database, firstPageCheckMs: 0 }, false);
  await untilProblem(/^the database is damaged \(items: .*page.*\): stop, and restore it/);
});

test('a query that failed says why, and tells none of its values, to nobody and in no log', async () => {
  const file = join(temporaryFolder(), 'trimtab.db');
  const database = { url: pathToFileURL(file).href };
  backend = await startTestBackend({ database });
  const logged = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const client = connect(database);
  await client.execute('drop table pointers');
  await client.execute('drop table deleted_users');
  client.close();
  await untilProblem(/no such table: (main\.)?pointers/);
  expect(JSON.stringify(await ready())).not.toMatch(/Failed query|params/);
  const allowed = await backend.call('POST', '/v1/users/the-user-ana/allow');
  expect(allowed.status).toBe(500);
  const text = logged.mock.calls.flat().join();
  logged.mockRestore();
  expect(text).toMatch(/POST \/v1\/users\/…\/allow: a query failed: .*\n\s+at /);
  for (const id of ['the-user-ana', keyedUser('the-user-ana'), 'params'])
    expect(text).not.toContain(id);
});

describe('a weights pointer', () => {
  test.each([
    ['is garbage', 'garbage', /"active" in KV is not a pointer: edges go on with v000000/],
    ['names what does not exist', 'v000999', /the weights pointer names v000999, not stored here/],
  ])('that %s is a problem until somebody mends it', async (_, text, problem) => {
    backend = await startTestBackend();
    backend.kv.values.set('WEIGHTS/active', Buffer.from(text));
    await untilProblem(problem);
    await backend.call('POST', '/v1/weights/v000000/rollback');
    await untilReady();
  });

  test('is never quoted: nobody learns a salt by asking whether the backend is ready', async () => {
    backend = await startTestBackend();
    const salted = JSON.stringify({ champion: 'none', layers: [{ salt: 'grain' }] });
    backend.kv.values.set('WEIGHTS/active', Buffer.from(salted));
    await untilProblem(/not a pointer/);
    expect(JSON.stringify(await ready())).not.toContain('grain');
  });

  test('whose version is damaged or gone in KV is whole again after a start', async () => {
    backend = await startTestBackend();
    const good = backend.kv.values.get('WEIGHTS/w/v000000')!;
    const damages: ((key: string) => unknown)[] = [
      (key) => backend.kv.values.set(key, Buffer.from('damaged')),
      (key) => backend.kv.values.delete(key),
    ];
    for (const damage of damages) {
      damage('WEIGHTS/w/v000000');
      await backend.restart();
      await eventually(() => backend.kv.values.get('WEIGHTS/w/v000000')?.equals(good));
    }
  });
});

describe('a catalogue in KV', () => {
  const part = () => `CATALOGUE/s/${catalogue().hash}/0`;

  test.each<[string, () => unknown, RegExp]>([
    [
      'whose pointer is garbage',
      () => backend.kv.values.set('CATALOGUE/active', Buffer.from('{')),
      /the CATALOGUE key "active" in KV is not a pointer/,
    ],
    [
      'whose pointer is gone',
      () => backend.kv.values.delete('CATALOGUE/active'),
      /the CATALOGUE key "active" is gone from KV/,
    ],
    [
      'whose pointer names what was never published',
      () =>
        backend.kv.values.set(
          'CATALOGUE/active',
          Buffer.from(JSON.stringify({ ...catalogue(), hash: 'ab'.repeat(16) })),
        ),
      /names (ab)+, which was never published/,
    ],
  ])('%s is published again as it was', async (_, damage, problem) => {
    backend = await startTestBackend();
    await put(3);
    const { hash, parts, sizeBytes } = catalogue();
    // The check has seen it whole.
    await eventually(() => backend.kv.calls.includes(`GET CATALOGUE/active`));
    // It is mended at once where it can be, sooner than somebody may ask.
    backend.kv.failing = /^PUT CATALOGUE/;
    damage();
    await untilProblem(problem);
    backend.kv.failing = undefined;
    await untilReady();
    expect(catalogue()).toMatchObject({ hash, parts, sizeBytes });
  });

  test.each<[string, () => unknown]>([
    ['damaged', () => backend.kv.values.set(part(), Buffer.from('damaged'))],
    ['gone', () => backend.kv.values.delete(part())],
  ])('of which a part is %s is published again, under the same pointer', async (_, damage) => {
    backend = await startTestBackend();
    await put(3);
    const { hash } = catalogue();
    const good = backend.kv.values.get(part())!;
    damage();
    await backend.restart();
    await eventually(() => backend.kv.values.get(part())?.equals(good));
    expect(catalogue().hash).toBe(hash);
  });

  test('is empty at first, and says so when it was emptied', async () => {
    backend = await startTestBackend();
    await eventually(() => backend.kv.values.has('CATALOGUE/active'));
    expect(catalogue()).not.toHaveProperty('emptied');
    await put(1);
    expect(catalogue()).not.toHaveProperty('emptied');
    await backend.call('DELETE', '/v1/items/item-0');
    await eventually(() => catalogue().emptied === true);
    await backend.restart();
    expect(catalogue()).toMatchObject({ emptied: true });
    await put(2);
    expect(catalogue()).not.toHaveProperty('emptied');
  });

  test('that was emptied before pointers could say so says so after a start', async () => {
    backend = await startTestBackend();
    await put(1);
    await backend.call('DELETE', '/v1/items/item-0');
    await eventually(() => catalogue().emptied === true);
    const { emptied: _, ...before } = catalogue();
    backend.kv.values.set('CATALOGUE/active', Buffer.from(JSON.stringify(before)));
    await backend.restart();
    await eventually(() => catalogue().emptied === true);
  });

  test('stays live when the store was lost, until there are items again', async () => {
    backend = await startTestBackend();
    await put(2);
    const before = backend.kv.text('CATALOGUE/active');
    const empty = pathToFileURL(join(temporaryFolder(), 'empty.db')).href;
    await backend.restart({ database: { url: empty } });
    expect(backend.kv.text('CATALOGUE/active')).toBe(before);
    await put(1);
    expect(backend.kv.text('CATALOGUE/active')).not.toBe(before);
  });
});
