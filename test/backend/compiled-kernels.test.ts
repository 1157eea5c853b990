import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const compiler = fileURLToPath(new URL('../../node_modules/.bin/asc', import.meta.url));
const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test.each(['backend/device/cpu', 'backend/catalogue/related'])(
  'kernels.wasm of %s is what its assembly/ compiles to: run "npm run kernels" after a change',
  (folder) => {
    const built = join(temporaryFolder(), 'kernels.wasm');
    const config = inRoot(`${folder}/asconfig.json`);
    execFileSync(compiler, ['--config', config, '--outFile', built]);
    expect(readFileSync(inRoot(`${folder}/kernels.wasm`)).equals(readFileSync(built))).toBe(true);
  },
);
