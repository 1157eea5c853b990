import { existsSync, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { storeHealth } from '../../../backend/store/health.ts';
import { openStore } from '../../../backend/store/open.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.each([
  ['three slashes', (file: string) => pathToFileURL(file).href],
  ['one slash', (file: string) => `file:${encodeURI(file)}`],
  ['none', (file: string) => `file:${encodeURI(relative('.', file))}`],
])('a database in a folder with a blank, by an address with %s, is well', async (_, urlOf) => {
  const folder = join(temporaryFolder(), 'my data');
  mkdirSync(folder);
  const file = join(folder, 'store.db');
  const database = { url: urlOf(file) };
  const store = await openStore(database);
  const health = storeHealth({
    store,
    database,
    probeEveryMs: 3000,
    firstPageCheckMs: 5000,
    nowMs: () => 1,
    log: () => undefined,
  });
  expect(existsSync(file)).toBe(true);
  expect(await health.problems()).toEqual([]);
  await health.checkPages();
  expect(await health.problems()).toEqual([]);
  await health.stop();
  await store.close();
});

test('it is asked again after a few seconds, also where the clock was put back by 400 days', async () => {
  const database = { url: ':memory:' };
  let [nowMs, reason] = [Date.UTC(2028, 0, 1), ''];
  const probe = () => (reason === '' ? Promise.resolve() : Promise.reject(new Error(reason)));
  const health = storeHealth({
    store: { probe },
    database,
    probeEveryMs: 3000,
    firstPageCheckMs: 5000,
    nowMs: () => nowMs,
    log: () => undefined,
  });
  expect(await health.problems()).toEqual([]);
  reason = 'disk is full';
  expect(await health.problems()).toEqual([]);
  nowMs -= 400 * 86_400_000;
  expect(await health.problems()).toEqual(['the database cannot be written: disk is full']);
  await health.stop();
});
