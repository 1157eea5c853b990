import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JOURNAL_PREFIX } from '../log/partitions/journal.ts';
import type { ObjectStore } from '../log/partitions/object-store.ts';
import {
  MANIFEST_KEY,
  parseManifest,
  PARTITIONS,
  sha256Of,
  type BackedUp,
  type BackupManifest,
} from './manifest.ts';
import { unseal } from './sealed.ts';
import { totalsOf, type Totals } from './totals.ts';

export interface RestorePlace {
  /** Where the database goes. */
  readonly path: string;
  readonly partitions: ObjectStore;
  /** Puts keys and secrets where they belong. @throws Error where others are there. */
  readonly writeKeys: (bytes: Uint8Array) => void;
  readonly passphrase: string | undefined;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** As counted in what was restored. */
  readonly totals: Totals;
}

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/**
 * Restores a backup into a place that has neither a database nor partitions; other files there stay, the journal of erasures among them. Every hash is checked before
 * anything is written, and the database gets its name last, once it was read whole and its totals are those of the manifest.
 * @throws Error saying what is wrong: then nothing of the backup is left in the place.
 */
export async function restoreBackup(from: ObjectStore, place: RestorePlace): Promise<Restored> {
  await refuseTaken(place);
  const manifest = await readBackup(from);
  for (const object of [...manifest.database, ...manifest.partitions]) await read(from, object);
  const keys = manifest.keys === null ? undefined : await readKeys(from, manifest.keys, place);
  const aside = `${place.path}.restored-${process.pid}.part`;
  mkdirSync(dirname(place.path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  const put: string[] = [];
  try {
    await assemble(from, manifest.database, aside);
    const totals = await totalsOf(aside);
    const other = differing(manifest.totals, totals);
    if (other.length > 0)
      throw new Error(
        `the backup's database does not hold what its manifest says: ${other.join(', ')}`,
      );
    for (const object of manifest.partitions) {
      const key = object.key.slice(PARTITIONS.length);
      put.push(key);
      await place.partitions.put(key, await read(from, object));
    }
    if (keys !== undefined) place.writeKeys(keys);
    for (const end of ['-wal', '-shm']) rmSync(`${aside}${end}`, { force: true });
    renameSync(aside, place.path);
    return { manifest, totals };
  } catch (error) {
    for (const end of ['', '-wal', '-shm']) rmSync(`${aside}${end}`, { force: true });
    // The manifest of a partition follows its parts: what is half there goes, the last first.
    for (const key of put.toReversed()) await place.partitions.delete(key);
    throw error;
  }
}

/** @returns the names of totals that are not the same, with both. */
const differing = (one: Totals, other: Totals): string[] =>
  (Object.keys(one) as (keyof Totals)[])
    .filter((name) => one[name] !== other[name])
    .map((name) => `${name} ${String(one[name])} and ${String(other[name])}`);

async function refuseTaken({ path, partitions }: RestorePlace): Promise<void> {
  for (const file of [path, `${path}-wal`])
    if (existsSync(file) && statSync(file).size > 0)
      throw new Error(
        `${file} is there already: restore into a new place (TRIMTAB_DIR), or stop the backend and move it away`,
      );
  // The journal of erasures belongs to no state of the database: who was erased since the backup is erased from it again.
  const all = await partitions.list('');
  const there = all.find((key) => !key.startsWith(JOURNAL_PREFIX));
  if (there !== undefined)
    throw new Error(
      `the training store has ${there} already: restore into a new place (TRIMTAB_DIR, TRIMTAB_TRAINING_STORE), or move it away`,
    );
}

async function readBackup(from: ObjectStore): Promise<BackupManifest> {
  const bytes = await from.get(MANIFEST_KEY);
  if (bytes === undefined)
    throw new Error('there is no manifest.json: this is no backup, or it was cut short');
  try {
    return parseManifest(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Error(`the backup cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function read(
  from: ObjectStore,
  { key, sizeBytes, sha256 }: BackedUp,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await from.get(key);
  if (bytes === undefined) throw new Error(`the backup is damaged: ${key} is gone`);
  if (bytes.length !== sizeBytes || sha256Of(bytes) !== sha256)
    throw new Error(`the backup is damaged: ${key} is not what was written`);
  return bytes;
}

async function readKeys(
  from: ObjectStore,
  keys: NonNullable<BackupManifest['keys']>,
  { passphrase }: RestorePlace,
): Promise<Uint8Array> {
  const bytes = await read(from, keys);
  if (!keys.sealed) return bytes;
  if (passphrase === undefined)
    throw new Error('the keys of the backup are sealed: set TRIMTAB_BACKUP_PASSPHRASE');
  return unseal(bytes, passphrase);
}

async function assemble(
  from: ObjectStore,
  parts: readonly BackedUp[],
  path: string,
): Promise<void> {
  rmSync(path, { force: true });
  const file = await open(path, 'wx', OWNER_ONLY);
  try {
    for (const part of parts) await file.writeFile(await read(from, part));
    await file.sync();
  } finally {
    await file.close();
  }
}
