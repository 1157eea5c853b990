import { readdirSync } from 'node:fs';

/** Where the mappings that come with Trimtab are. */
export const MAPPINGS = new URL('../mappings/', import.meta.url);

/** Names of the mappings that come with Trimtab. */
export const mappingNames = (): string[] =>
  readdirSync(MAPPINGS)
    .map((file) => file.replace(/\.json$/, ''))
    .toSorted();
