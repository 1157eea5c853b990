import type { Counts } from './guess.ts';

/** What values of a set may stand apart by, the least ambiguous first. */
const SEPARATORS = ['|', ';', ' > ', ',', '/'] as const;
const NAMED_LIKE_A_SET =
  /(tag|theme|categor|genre|skill|size|colou?r|feature|amenit|language|keyword|label|material|topic|benefit|ingredient|activit)/i;

const NAMED_LIKE_A_SENTENCE = /^(title|name|headline|description|summary|text|address)$/i;

const LONGEST_ENTRY = 40;
const MOST_WORDS = 4;
/** How often an entry occurs on average; a title with a comma has parts that hardly ever come back. */
const LEAST_REPEATS = 3;
const LEAST_REPEATS_IF_NAMED = 1.5;
const LEAST_SHARE = 0.05;

/** @returns what separates the values in the cells of a column, or undefined where each cell is one value. */
export function separatorOf(name: string, cells: readonly string[]): string | undefined {
  const isNamed = NAMED_LIKE_A_SET.test(name);
  if (NAMED_LIKE_A_SENTENCE.test(name)) return undefined;
  return SEPARATORS.find((separator) => {
    const listing = cells.filter((cell) => cell.includes(separator)).length;
    if (listing < Math.max(1, LEAST_SHARE * cells.length)) return false;
    // Fractions and ratios are written with it.
    if (separator === '/' && !isNamed) return false;
    const lists = cells.map((cell) => entriesOf(cell, separator));
    const entries = lists.flat();
    const distinct = new Set(entries).size;
    return (
      entries.every((entry) => entry.length <= LONGEST_ENTRY) &&
      (isNamed || entries.every((entry) => entry.split(/\s+/).length <= MOST_WORDS)) &&
      entries.length / distinct >= (isNamed ? LEAST_REPEATS_IF_NAMED : LEAST_REPEATS) &&
      distinct < new Set(cells).size * 2
    );
  });
}

export const entriesOf = (cell: string, separator: string): string[] =>
  cell
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

export function countsOf(values: Iterable<string>): Counts {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
