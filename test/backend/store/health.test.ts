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
