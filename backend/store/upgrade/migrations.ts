import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';

/**
 * `expand` only adds: a backend of the version before works on what it makes, and so one can go back. `contract` takes
 * something away or forbids something, and waits until an operator says that nobody goes back ("trimtab upgrade finalize").
 */
export type MigrationKind = 'expand' | 'contract';

export interface Migration {
  /** `0027_training_exclusions`. */
  readonly tag: string;
  /** By which drizzle's table names it: when it was made, epoch ms. */
  readonly when: number;
  readonly hash: string;
  /** One statement each. */
  readonly sql: readonly string[];
  readonly kind: MigrationKind;
}

/** Those of this version. */
export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** The newest migration from before kinds were noted: it and those before it are finalized wherever they were applied. */
export const BASELINE = 1_796_030_000_001;

/** What the file of a contract migration begins with. */
const MARK = /^--\s*contract\b/;

/** @param folder where drizzle keeps the migrations and their journal. @returns them in the order of the journal. */
export function readMigrations(folder: string): Migration[] {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    readonly entries: readonly { readonly tag: string }[];
  };
  return readMigrationFiles({ migrationsFolder: folder }).map(
    ({ sql, hash, folderMillis }, i): Migration => ({
      tag: journal.entries[i].tag,
      when: folderMillis,
      hash,
      sql,
      kind: MARK.test(sql[0]) ? 'contract' : 'expand',
    }),
  );
}
