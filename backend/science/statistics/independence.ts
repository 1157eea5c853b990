import { chiSquareTail } from './distributions.ts';

export interface Independence {
  readonly chiSquare: number;
  readonly df: number;
  readonly pValue: number;
}

/** χ² of independence (Pearson, 1900). @param counts rows × columns, two or more of each and none of them empty. */
export function independenceTest(counts: readonly (readonly number[])[]): Independence {
  const rows = counts.map(sum);
  const columns = counts[0].map((_, j) => sum(counts.map((row) => row[j])));
  const total = sum(rows);
  const chiSquare = sum(
    counts.flatMap((row, i) =>
      row.map((count, j) => {
        const alike = (rows[i] * columns[j]) / total;
        return (count - alike) ** 2 / alike;
      }),
    ),
  );
  const df = (rows.length - 1) * (columns.length - 1);
  return { chiSquare, df, pValue: chiSquareTail(chiSquare, df) };
}

/** The fewest units that a cell expects; 0 where there is nothing to compare. */
export function fewestExpected(counts: readonly (readonly number[])[]): number {
  if (counts.length < 2) return 0;
  const columns = counts[0].map((_, j) => sum(counts.map((row) => row[j])));
  const total = sum(columns);
  return total === 0 ? 0 : (Math.min(...counts.map(sum)) * Math.min(...columns)) / total;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
