import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Libsql from 'libsql';

const OWNER_ONLY = 0o600;
const LOCK_TIMEOUT_MS = 5000;
/** What else is written to the disk meanwhile. */
const SPARE_BYTES = 16 * 1024 * 1024;
const MIB = 1024 * 1024;

/**
 * Copies a local database while others read and write it: what is committed when it begins, and nothing that was deleted before. The copy
 * is on the disk when it returns, and its owner's alone. Synchronous. @param target a file that is not there.
 * @throws Error where the disk has too little room, or as SQLite says it: then there is no copy.
 */
export function copyDatabase(path: string, target: string): void {
  refuseSmallDisk(path, target);
  closeSync(openSync(target, 'wx', OWNER_ONLY));
  try {
    const db = new Libsql(path, { timeout: LOCK_TIMEOUT_MS });
    try {
      db.prepare('VACUUM INTO ?').run(target);
    } finally {
      db.close();
    }
    const copy = openSync(target, 'r+');
    fsyncSync(copy);
    closeSync(copy);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  }
}

/** Bytes of a local database with what its log adds to it; 0 where there is none. */
export const sizeOfDatabase = (path: string): number =>
  [path, `${path}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

function refuseSmallDisk(path: string, target: string): void {
  const needed = sizeOfDatabase(path) + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(dirname(target));
  const free = bavail * bsize;
  if (free < needed)
    throw new Error(
      `a copy of ${path} needs ${Math.ceil(needed / MIB)} MiB, and the disk of ${target} has ${Math.floor(free / MIB)} MiB free: make room`,
    );
}
