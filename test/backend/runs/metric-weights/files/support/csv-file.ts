import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file that is gone when the test is over. */
export function fileOf(content: string | Uint8Array, name = 'data.csv'): string {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-weights-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}
