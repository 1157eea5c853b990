import type { GuessedColumn, Row } from './guess.ts';
import { KINDS_OF_GOODS, PLACES } from './known-words.ts';

/** Columns that are the levels of one path, from the root down. */
export interface PathGuess {
  readonly name: string;
  readonly from: readonly string[];
}

/** In this share of the rows the level below must tell the one above. */
const LEAST_NESTED = 0.95;

/** Columns that are named like levels, and of which each value lies in one value of the level above. */
export function guessPaths(columns: readonly GuessedColumn[], rows: readonly Row[]): PathGuess[] {
  return [
    { name: 'place', levels: PLACES },
    { name: 'kind', levels: KINDS_OF_GOODS },
  ].flatMap(({ name, levels }) => {
    const found = levels.flatMap((pattern) => columns.find((one) => isLevel(one, pattern)) ?? []);
    const from = found
      .map((column) => column.name)
      .filter((level, i, all) => i === 0 || isNested(rows, all[i - 1], level));
    if (from.length < 2) return [];
    const isTaken = columns.some((column) => column.name === name);
    return [{ name: isTaken ? `${name} path` : name, from }];
  });
}

/** The deepest level may be as good as different in every row. */
const isLevel = ({ name, guess }: GuessedColumn, pattern: RegExp): boolean =>
  pattern.test(name) &&
  (guess.type === 'category' ||
    (guess.type === 'none' && guess.why === 'it differs from row to row'));

function isNested(rows: readonly Row[], upper: string, lower: string): boolean {
  const parents = new Map<unknown, Map<unknown, number>>();
  let total = 0;
  for (const row of rows) {
    const [parent, child] = [row[upper], row[lower]];
    if (typeof parent !== 'string' || typeof child !== 'string') continue;
    if (parent === '' || child === '') continue;
    const counts = parents.get(child) ?? new Map();
    parents.set(child, counts.set(parent, (counts.get(parent) ?? 0) + 1));
    total++;
  }
  const nested = [...parents.values()].reduce(
    (sum, counts) => sum + Math.max(...counts.values()),
    0,
  );
  return total > 0 && nested >= LEAST_NESTED * total;
}
