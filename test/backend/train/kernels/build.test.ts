import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const room = new URL('../../../../backend/train/kernels/', import.meta.url);

test('kernels.wasm is what assembly/ compiles to: run "npm run kernels" after a change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    const built = join(folder, 'kernels.wasm');
    execFileSync(process.execPath, [new URL('build.ts', room).pathname, built]);
    expect(readFileSync(built).equals(readFileSync(new URL('kernels.wasm', room)))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
