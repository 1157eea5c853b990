import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { localPathOf } from './local-path.ts';

const OWNER_ONLY = 0o600;

/**
 * A local database is its owner's only, before the first byte of it is written: SQLite gives the log and the shared memory
 * beside it the file's own permissions. Those of a store from before are narrowed.
 * @param url `file:` with a path, relative or not; others, and what lies in memory, are left alone.
 */
export function makeFilePrivate(url: string): void {
  const path = localPathOf(url);
  if (path === undefined) return;
  closeSync(openSync(path, 'a', OWNER_ONLY));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) narrow(file);
}

function narrow(file: string): void {
  try {
    chmodSync(file, OWNER_ONLY);
  } catch (error) {
    // Who may write to somebody else's file may not change who else may.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
  }
}
