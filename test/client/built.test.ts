import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SERVED_FILE, servedModule } from '../../edge/client/build/served.ts';

test('what the Worker serves is what the sources come to: run "npm run client" after a change', async () => {
  expect(await readFile(SERVED_FILE, 'utf8')).toBe(await servedModule());
});
