import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle, type EntryName } from '../../edge/client/build/bundle.ts';
import { SERVED_FILE, servedModule } from '../../edge/client/build/served.ts';

/** Bytes when minified and gzipped. What a page waits for must stay small; raise a limit only for what pages cannot do without. */
test.each<[EntryName, number]>([
  ['index.js', 4060],
  ['/client.js', 4460],
  ['react.js', 1500],
  ['extras.js', 1500],
  ['/client.extras.js', 1500],
])('%s has at most %i bytes', async (name, most) => {
  const sizeBytes = gzipSync(await bundle(name), { level: 9 }).length;
  expect(sizeBytes).toBeLessThanOrEqual(most);
});

test('what the Worker serves is what the sources come to: run "npm run client" after a change', async () => {
  expect(await readFile(SERVED_FILE, 'utf8')).toBe(await servedModule());
});
