import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FolderLocation, ObjectStore } from './object-store.ts';

/** Where files grow until they are whole; no key starts so. */
const TEMPORARY = '.tmp';
/** A temporary file that is older was left by a process that died. */
const LEFT_BEHIND_MS = 3_600_000;

/** Partitions in a folder: each file is written aside, synced, and then takes its name at once. */
export function folderStore({ path: root }: FolderLocation): ObjectStore {
  const temporary = join(root, TEMPORARY);
  return {
    async put(key, bytes) {
      await mkdir(temporary, { recursive: true });
      await sweep(temporary);
      const aside = join(temporary, randomUUID());
      const target = join(root, key);
      const file = await open(aside, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await mkdir(dirname(target), { recursive: true });
      await rename(aside, target);
    },

    async get(key) {
      try {
        return new Uint8Array(await readFile(join(root, key)));
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    },

    async delete(key) {
      await rm(join(root, key), { force: true });
    },

    async list(prefix) {
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
        (error: unknown) => {
          if (isAbsence(error)) return [];
          throw error;
        },
      );
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .filter((key) => key.startsWith(prefix) && !key.startsWith(`${TEMPORARY}/`))
        .toSorted();
    },
  };
}

async function sweep(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    const file = join(temporary, name);
    const about = await stat(file).catch(() => undefined);
    if (about !== undefined && Date.now() - about.mtimeMs > LEFT_BEHIND_MS)
      await rm(file, { force: true });
  }
}

const isAbsence = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
