import { createHash } from 'node:crypto';
import type { Totals } from './totals.ts';

const FORMAT = 1;

/** One object of a backup, by its key there. */
export interface BackedUp {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What a backup holds. It is written last: what has none is no backup. */
export interface BackupManifest {
  readonly format: typeof FORMAT;
  /** The version of Trimtab that made it, and the newest migration that its database has. */
  readonly version: string;
  readonly migration: string;
  /** Epoch ms: the database is as it was then. */
  readonly at: number;
  readonly totals: Totals;
  /** The database, cut into parts that follow each other. */
  readonly database: readonly BackedUp[];
  /** Files of partitions; without the folder of the backup their keys are those of the training store. */
  readonly partitions: readonly BackedUp[];
  /** Keys and secrets; null where they were not asked for. */
  readonly keys: (BackedUp & { readonly sealed: boolean }) | null;
}

export const MANIFEST_KEY = 'manifest.json';
export const PARTITIONS = 'partitions/';

export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A text whose last line is the hash of those before it. */
export function manifestText(manifest: Omit<BackupManifest, 'format'>): string {
  const text = `${JSON.stringify({ format: FORMAT, ...manifest }, null, 1)}\n`;
  return `${text}sha256 ${sha256Of(text)}\n`;
}

/** @throws Error saying why it is no manifest of this format. */
export function parseManifest(text: string): BackupManifest {
  const [, body, hash] = /^([\s\S]*\n)sha256 ([0-9a-f]{64})\n$/.exec(text) ?? [];
  if (body === undefined || sha256Of(body) !== hash)
    throw new Error('its manifest.json is damaged or was changed');
  const manifest = JSON.parse(body) as BackupManifest;
  const { format, version } = manifest as { readonly format: number; readonly version: string };
  if (format !== FORMAT)
    throw new Error(
      `it has format ${format}, and this version reads ${FORMAT}: restore it with the version that made it (${version})`,
    );
  return manifest;
}
