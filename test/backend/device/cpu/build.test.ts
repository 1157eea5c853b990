import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const compiler = fileURLToPath(new URL('../../../../node_modules/.bin/asc', import.meta.url));
const room = fileURLToPath(new URL('../../../../backend/device/cpu/', import.meta.url));

test('kernels.wasm is what assembly/ compiles to: run "npm run kernels" after a change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    const built = join(folder, 'kernels.wasm');
    const config = join(room, 'asconfig.json');
    execFileSync(compiler, ['--config', config, '--outFile', built]);
    expect(readFileSync(built).equals(readFileSync(join(room, 'kernels.wasm')))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
