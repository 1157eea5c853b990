import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder for one test, or for what prepares it; gone when the test is over, whatever came of it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
