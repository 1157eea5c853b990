import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const compiler = fileURLToPath(new URL('../../../../node_modules/.bin/asc', import.meta.url));
const room = fileURLToPath(new URL('../../../../backend/catalogue/related/', import.meta.url));

test('kernels.wasm is what assembly/ compiles to: run "npm run kernels" after a change', () => {
  const folder = temporaryFolder();
  const built = join(folder, 'kernels.wasm');
  const config = join(room, 'asconfig.json');
  execFileSync(compiler, ['--config', config, '--outFile', built]);
  expect(readFileSync(built).equals(readFileSync(join(room, 'kernels.wasm')))).toBe(true);
});
