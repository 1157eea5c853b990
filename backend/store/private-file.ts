import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OWNER_ONLY = 0o600;

/**
 * A local database is its owner's only, before the first byte of it is written: SQLite gives the log and the shared memory
 * beside it the file's own permissions. Those of a store from before are narrowed.
 * @param url `file:` with a path, relative or not; others, and what lies in memory, are left alone.
 */
export function makeFilePrivate(url: string): void {
  const path = pathOf(url);
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

function pathOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  if (url.startsWith('file:/')) return fileURLToPath(url.split('?')[0]);
  const path = decodeURIComponent(url.slice('file:'.length).split('?')[0]);
  return path === '' || path === ':memory:' ? undefined : path;
}
