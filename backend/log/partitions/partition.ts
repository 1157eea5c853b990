import { createHash } from 'node:crypto';
import type { DayFacts } from '../account/day-facts.ts';
import type { ObjectStore } from './object-store.ts';
import type { Filters } from '../account/filters.ts';
import type { UtcDay } from '../../../shared/domain/utc-day.ts';

const FORMAT = 1;

/**
 * What is true of one partition: the slates of one UTC day under one schema, at
 * `<schemaHash>/day=<day>/part-….parquet`. Only parts that the manifest names belong to it: it is written last,
 * so that a build that was cut short leaves what was there before.
 */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly schemaHash: string;
  readonly schemaName: string;
  readonly day: UtcDay;
  /** `open`: feedback may still count, and the partition is built again. `closed`: it is final. */
  readonly state: 'open' | 'closed';
  /** Epoch ms. */
  readonly builtAt: number;
  readonly closesAt: number;
  readonly attributionDays: number;
  readonly filters: Filters;
  /** Version of the account that its labels are of; absent in partitions from before there were versions. */
  readonly account?: string;
  /** Its ids of sessions and users are keyed; absent in partitions from before there were keyed ids. */
  readonly ids?: 'keyed';
  /** The mark of its day when this was built, and the newest deletion by then. In older partitions the mark of the whole log. */
  readonly logMark: string;
  readonly deletions: number;
  /** The mark of who was left out of its day by hand, when this was built; absent: nobody ever was. */
  readonly leftOut?: string;
  /** The mark of what orders said of its day after it was closed; absent: nothing. */
  readonly orders?: string;
  readonly rankings: number;
  /** Shown items. */
  readonly rows: number;
  readonly parts: readonly Part[];
  /** Parts of earlier builds, kept a while for those who still read them. */
  readonly replaced: readonly { readonly key: string; readonly since: number }[];
  readonly facts: DayFacts;
}

export interface Part {
  readonly key: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export const folderOf = (schemaHash: string, day: UtcDay): string => `${schemaHash}/day=${day}/`;
export const manifestKey = (schemaHash: string, day: UtcDay) =>
  `${folderOf(schemaHash, day)}manifest.json`;
const MANIFEST_KEY = /^([0-9a-f]{16})\/day=(\d{4}-\d{2}-\d{2})\/manifest\.json$/;

/** Which partitions there are, by schema and day, without reading them. */
export async function listPartitions(
  objects: ObjectStore,
  schemaHash?: string,
): Promise<{ schemaHash: string; day: UtcDay }[]> {
  const keys = await objects.list(schemaHash === undefined ? '' : `${schemaHash}/`);
  return keys.flatMap((key) => {
    const match = MANIFEST_KEY.exec(key);
    return match === null ? [] : [{ schemaHash: match[1], day: match[2] }];
  });
}

/** @throws Error when the manifest is not one of this format. */
export async function readManifest(
  objects: ObjectStore,
  schemaHash: string,
  day: UtcDay,
): Promise<Manifest | undefined> {
  const key = manifestKey(schemaHash, day);
  const bytes = await objects.get(key);
  if (bytes === undefined) return undefined;
  try {
    const manifest: Manifest = JSON.parse(new TextDecoder().decode(bytes));
    if (manifest.format === FORMAT) return manifest;
  } catch {
    // Said below.
  }
  throw new Error(`${key} is damaged: delete it, and the partition is built again from the log`);
}

/** Puts a partition in the place of what was there: from now on its parts count and no others. */
export async function writeManifest(
  objects: ObjectStore,
  manifest: Omit<Manifest, 'format'>,
): Promise<Manifest> {
  const whole: Manifest = { format: FORMAT, ...manifest };
  const bytes = new TextEncoder().encode(`${JSON.stringify(whole, null, 1)}\n`);
  await objects.put(manifestKey(whole.schemaHash, whole.day), bytes);
  return whole;
}

export async function writePart(
  objects: ObjectStore,
  key: string,
  bytes: Uint8Array,
  rows: number,
): Promise<Part> {
  await objects.put(key, bytes);
  return { key, rows, sizeBytes: bytes.length, sha256: sha256Of(bytes) };
}

/** @throws Error when the part is gone, as one is that was replaced meanwhile, or is not what was written. */
export async function readPartBytes(
  objects: ObjectStore,
  part: Part,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await objects.get(part.key);
  if (bytes === undefined)
    throw new Error(`${part.key} is gone: it was replaced while it was read, so run this again`);
  if (sha256Of(bytes) !== part.sha256)
    throw new Error(
      `${part.key} is damaged (its SHA-256 is not that of its manifest): delete its manifest.json, and the partition is built again from the log`,
    );
  return bytes;
}

/** The manifest goes first: parts without one are nothing. */
export async function deletePartition(
  objects: ObjectStore,
  schemaHash: string,
  day: UtcDay,
): Promise<void> {
  await objects.delete(manifestKey(schemaHash, day));
  for (const key of await objects.list(folderOf(schemaHash, day))) await objects.delete(key);
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
