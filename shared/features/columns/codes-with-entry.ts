import { nfc } from '../../domain/nfc.ts';
import type { Column, ColumnValue } from './item-table.ts';

type CodesByEntry = ReadonlyMap<string, readonly number[]>;

const indexes = new WeakMap<Column, readonly CodesByEntry[]>();

/**
 * The codes of a column whose values contain an entry: equal it (category), include it (set), or have it at a level
 * counted from the root (path). The index is built on first use and lives as long as the column, so a request looks
 * up its few preferences instead of going through the dictionary.
 */
export function codesWith(column: Column, entry: string, level = 0): readonly number[] {
  // A schema from before texts were normalised may still hold another form.
  return levelsOf(column)[level]?.get(nfc(entry)) ?? NONE;
}

/** The different entries of a column's values, at one level of a path; of an item whose level is unknown it is ''. */
export const entriesOf = (column: Column, level = 0): readonly string[] => [
  ...(levelsOf(column)[level]?.keys() ?? []),
];

const NONE: readonly number[] = [];

function levelsOf(column: Column): readonly CodesByEntry[] {
  let levels = indexes.get(column);
  if (levels === undefined) indexes.set(column, (levels = indexEntries(column)));
  return levels;
}

function indexEntries({ spec, values }: Column): CodesByEntry[] {
  const depth = spec.type === 'path' ? (spec.from?.length ?? 1) : 1;
  const levels = Array.from({ length: depth }, () => new Map<string, number[]>());
  for (let code = 1; code < values.length; code++) {
    entriesIn(values[code]).forEach((text, i) => {
      const entry = nfc(text);
      const level = levels[spec.type === 'path' ? i : 0];
      const codes = level.get(entry);
      if (codes === undefined) level.set(entry, [code]);
      else codes.push(code);
    });
  }
  return levels;
}

const entriesIn = (value: ColumnValue): readonly string[] =>
  typeof value === 'object' ? value : [String(value)];
