import { open, rm } from 'node:fs/promises';
import type { ObjectStore } from '../log/partitions/object-store.ts';
import { listPartitions, manifestKey, readManifest } from '../log/partitions/partition.ts';
import { copyDatabase } from '../store/copy-database.ts';
import { newestMigrationOf } from '../store/upgrade/newest-migration.ts';
import {
  MANIFEST_KEY,
  manifestText,
  PARTITIONS,
  sha256Of,
  type BackedUp,
  type BackupManifest,
} from './manifest.ts';
import { seal } from './sealed.ts';
import { totalsOf } from './totals.ts';

export interface BackupSource {
  /** Of the local database. */
  readonly path: string;
  readonly partitions: ObjectStore;
  /** Absent: they are not part of the backup. */
  readonly keys?: { readonly bytes: Uint8Array; readonly passphrase: string | undefined };
  readonly version: string;
}

/** A part is held in memory, and any store takes one of this size in one request. */
const PART_BYTES = 64 * 1024 * 1024;
/** How often a partition is read again that is rewritten at that moment. */
const ATTEMPTS = 5;

/**
 * Copies a system into an empty place while it runs. The database is as it is at one instant; partitions are read after it, each one
 * whole. What the edge keeps is not part of it: decisions and events on their way stay there, and KV is published again from the database.
 * @throws Error where the place is not empty, the database is damaged or the disk is too small; the place has no manifest then.
 */
export async function writeBackup(
  { path, partitions, keys, version }: BackupSource,
  target: ObjectStore,
  nowMs: () => number,
): Promise<BackupManifest> {
  const [there] = await target.list('');
  if (there !== undefined)
    throw new Error(`the place for the backup is not empty (it has ${there}): name another one`);
  const copy = `${path}.backup-${process.pid}.part`;
  await rm(copy, { force: true });
  const at = nowMs();
  copyDatabase(path, copy);
  try {
    const manifest = {
      version,
      migration: await newestMigrationOf(copy),
      at,
      totals: await totalsOf(copy),
      database: await putParts(copy, target),
      partitions: await putPartitions(partitions, target),
      keys: keys === undefined ? null : await putKeys(keys, target),
    };
    await target.put(MANIFEST_KEY, new TextEncoder().encode(manifestText(manifest)));
    return { format: 1, ...manifest };
  } finally {
    // Reading the copy may have left files beside it.
    for (const end of ['', '-wal', '-shm']) await rm(`${copy}${end}`, { force: true });
  }
}

async function put(target: ObjectStore, key: string, bytes: Uint8Array): Promise<BackedUp> {
  await target.put(key, bytes);
  return { key, sizeBytes: bytes.length, sha256: sha256Of(bytes) };
}

async function putParts(path: string, target: ObjectStore): Promise<BackedUp[]> {
  const file = await open(path);
  try {
    const parts: BackedUp[] = [];
    for (;;) {
      const buffer = new Uint8Array(PART_BYTES);
      const { bytesRead } = await file.read(buffer, 0, PART_BYTES);
      if (bytesRead === 0) return parts;
      const key = `database/${String(parts.length).padStart(5, '0')}`;
      parts.push(await put(target, key, buffer.subarray(0, bytesRead)));
    }
  } finally {
    await file.close();
  }
}

async function putPartitions(from: ObjectStore, target: ObjectStore): Promise<BackedUp[]> {
  const all: BackedUp[] = [];
  for (const { schemaHash, day } of await listPartitions(from)) {
    const files = await wholePartition(from, schemaHash, day);
    for (const { key, bytes } of files) all.push(await put(target, `${PARTITIONS}${key}`, bytes));
  }
  return all;
}

/** @returns a partition's manifest last, after the parts that it names; nothing where it was deleted meanwhile. */
async function wholePartition(from: ObjectStore, schemaHash: string, day: string) {
  for (let attempt = 1; ; attempt++) {
    const key = manifestKey(schemaHash, day);
    const bytes = await from.get(key);
    const manifest = await readManifest(from, schemaHash, day);
    if (bytes === undefined || manifest === undefined) return [];
    const parts: { key: string; bytes: Uint8Array }[] = [];
    for (const part of manifest.parts) {
      const read = await from.get(part.key);
      if (read === undefined || sha256Of(read) !== part.sha256) break;
      parts.push({ key: part.key, bytes: read });
    }
    const isSame = Buffer.compare((await from.get(key)) ?? new Uint8Array(), bytes) === 0;
    if (isSame && parts.length === manifest.parts.length) return [...parts, { key, bytes }];
    if (isSame || attempt === ATTEMPTS)
      throw new Error(
        `the partition ${key} is not whole: delete its manifest.json, and it is built again from the log`,
      );
  }
}

async function putKeys(
  { bytes, passphrase }: NonNullable<BackupSource['keys']>,
  target: ObjectStore,
): Promise<BackupManifest['keys']> {
  const sealed = passphrase !== undefined;
  const about = await put(target, 'keys', sealed ? seal(bytes, passphrase) : bytes);
  return { ...about, sealed };
}
