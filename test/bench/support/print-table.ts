import type { BenchRow } from './row.ts';

/** One line per figure, in columns. */
export function tableOf(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, value, unit, ratio, against }) => [
    name,
    shown(value),
    unit,
    ratio === undefined ? '' : `${shown(ratio)} × ${against}`,
  ]);
  const width = (column: number) => Math.max(...lines.map((line) => line[column].length));
  const [names, values, units] = [width(0), width(1), width(2)];
  return lines
    .map(([name, value, unit, ratio]) =>
      `  ${name.padEnd(names)}  ${value.padStart(values)} ${unit.padEnd(units)}  ${ratio}`.trimEnd(),
    )
    .join('\n');
}

/** Three digits that count. */
const shown = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
