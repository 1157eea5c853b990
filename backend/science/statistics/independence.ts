import { chiSquareTail } from './distributions.ts';
import { sum } from './matrix.ts';

/** Result of a χ² test of independence. */
export interface Independence {
  readonly chiSquare: number;
  readonly df: number;
  readonly pValue: number;
}

/** χ² test of independence (Pearson, 1900). @param counts rows × columns; at least two of each, none of them all 0. */
export function independenceTest(counts: readonly (readonly number[])[]): Independence {
  const rows = counts.map(sum);
  const columns = counts[0].map((_, j) => sum(counts.map((row) => row[j])));
  const total = sum(rows);
  const chiSquare = sum(
    counts.flatMap((row, i) =>
      row.map((count, j) => {
        const expected = (rows[i] * columns[j]) / total;
        return (count - expected) ** 2 / expected;
      }),
    ),
  );
  const df = (rows.length - 1) * (columns.length - 1);
  return { chiSquare, df, pValue: chiSquareTail(chiSquare, df) };
}

/** The smallest expected count of any cell under independence; 0 where there are fewer than two rows. */
export function smallestExpected(counts: readonly (readonly number[])[]): number {
  if (counts.length < 2) return 0;
  const columns = counts[0].map((_, j) => sum(counts.map((row) => row[j])));
  const total = sum(columns);
  return total === 0 ? 0 : (Math.min(...counts.map(sum)) * Math.min(...columns)) / total;
}
