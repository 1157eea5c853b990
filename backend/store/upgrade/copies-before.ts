import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { copyDatabase } from '../copy-database.ts';

/** Copies of a local database as it was before an upgrade lie beside it, and stay until the upgrade is finalized. */
const BEFORE = '.before-';

/**
 * Copies the database before its first migration of a version is applied. @param isUnchanged asked once the copy is made: another process
 * may have migrated meanwhile, and has made a copy of its own before.
 * @returns the copy's path; undefined where it is not of before.
 */
export async function copyBefore(
  path: string,
  tag: string,
  isUnchanged: () => Promise<boolean>,
): Promise<string | undefined> {
  const aside = `${path}${BEFORE}${tag}.${process.pid}.part`;
  rmSync(aside, { force: true });
  copyDatabase(path, aside);
  if (!(await isUnchanged())) {
    rmSync(aside);
    return undefined;
  }
  const copy = `${path}${BEFORE}${tag}`;
  renameSync(aside, copy);
  return copy;
}

/** @returns the paths of the copies of a database, and of parts that a process which died has left. */
export function copiesBefore(path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const start = `${basename(path)}${BEFORE}`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .toSorted()
    .map((name) => join(folder, name));
}
