import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { catalogue } from '../settings.ts';
import type { ItemFile } from './item-file.ts';

const mapping = z.strictObject({
  /** In a sentence, for people. */
  about: z.string(),
  /** A file that has all of these is such an export. */
  columns: z.array(z.string()).min(1),
  read: z.record(z.string(), z.unknown()),
});

export interface KnownExport {
  readonly about: string;
  readonly read: ItemFile;
}

const MAPPINGS = new URL('../mappings/', import.meta.url);

/** How the export of a shop system is to be read, told from its header; undefined for any other file. */
export function knownExport(header: readonly string[]): KnownExport | undefined {
  for (const name of readdirSync(MAPPINGS).toSorted()) {
    const found = mapping.parse(JSON.parse(readFileSync(new URL(name, MAPPINGS), 'utf8')));
    if (!found.columns.every((column) => header.includes(column))) continue;
    const { sets, ...read } = catalogue.parse({ read: found.read }).read;
    const present = Object.entries(sets ?? {}).filter(([column]) => header.includes(column));
    return {
      about: found.about,
      read: Object.fromEntries(
        Object.entries({ ...read, sets: Object.fromEntries(present) }).filter(
          ([, value]) => value !== undefined,
        ),
      ),
    };
  }
  return undefined;
}
