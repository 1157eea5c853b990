import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { KERNELS_WASM } from '../../../shared/kernels/kernels-wasm.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

test('kernels.wasm, which Workers load, and kernels-wasm.ts, which Node loads, are what assembly/ compiles to: run "npm run kernels" after a change', () => {
  const built = join(temporaryFolder(), 'kernels.wasm');
  const config = inRoot('shared/kernels/asconfig.json');
  execFileSync(inRoot('node_modules/.bin/asc'), ['--config', config, '--outFile', built]);
  const bytes = readFileSync(built);
  expect(readFileSync(inRoot('shared/kernels/kernels.wasm')).equals(bytes)).toBe(true);
  expect(KERNELS_WASM).toBe(bytes.toString('base64url'));
});
