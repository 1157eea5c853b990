import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Holds the databases that tests are lent (see borrow-store.ts). */
    readonly storesFolder: string;
  }
}

/** Once per project, outside of the processes that run tests, which may end without clearing up. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-stores-'));
  project.provide('storesFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
