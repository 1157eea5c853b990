import { invalid } from '../../../shared/domain/errors.ts';
import type { CodeMatrix } from '../learn/code-matrix.ts';
import { levelsOf } from './context-levels.ts';
import type { Column, UnitTable } from './unit-table.ts';

/** Two columns of the table whose interaction becomes a feature of its own, such as hour and scroll depth. */
export type Cross = readonly [string, string];

/** One derived feature: the bucket code 0..255 of every unit of the table. */
export interface UnitFeature {
  readonly name: string;
  /**
   * The metrics it is derived from; empty for context. Where there are two, each gets half of the feature's importance.
   */
  readonly metrics: readonly string[];
  readonly codes: Uint8Array;
}

/** Bins of a single column; the columns of a cross have fewer, because the 15 · 16 pairs must fit into a byte. */
const [MOST_BINS, LEFT_BINS, RIGHT_BINS] = [64, 15, 16];

/**
 * Encodes metrics, context and crosses as buckets: quantile bins for numbers, with 0 for missing, and categories by
 * frequency.
 * @param rows the training rows, from which bin edges are computed.
 * @throws ApiError where a cross names an unknown column.
 */
export function encodeUnits(
  table: Pick<UnitTable, 'metrics' | 'context'>,
  crosses: readonly Cross[],
  rows: ArrayLike<number>,
): UnitFeature[] {
  const columns: readonly Column[] = [...table.metrics, ...table.context];
  const isMetric = new Set(table.metrics.map(({ name }) => name));
  const alone = columns.map((column) => ({
    name: column.name,
    metrics: isMetric.has(column.name) ? [column.name] : [],
    codes: oneBased(column, levelsOf(column, MOST_BINS, rows).of),
  }));
  const named = (name: string): Column => {
    const found = columns.find((column) => column.name === name);
    if (found !== undefined) return found;
    throw invalid(
      `there is no column ${name} to cross: take two of ${columns.map((column) => column.name).join(', ')}`,
    );
  };
  const crossed = crosses.map(([one, other]): UnitFeature => {
    const [left, right] = [
      levelsOf(named(one), LEFT_BINS, rows).of,
      levelsOf(named(other), RIGHT_BINS, rows).of,
    ];
    return {
      name: `${one} × ${other}`,
      metrics: [one, other].filter((name) => isMetric.has(name)),
      codes: left.map((level, unit) => 1 + level * RIGHT_BINS + right[unit]),
    };
  });
  return [...alone, ...crossed];
}

/** Bucket 0 is reserved for missing numbers, so the levels of categories start at 1. */
const oneBased = ({ kind }: Column, levels: Uint8Array): Uint8Array =>
  kind === 'number' ? levels : levels.map((level) => level + 1);

/** Codes of some units, feature by feature; a unit may come several times. */
export function unitCodes(features: readonly UnitFeature[], units: ArrayLike<number>): CodeMatrix {
  const rows = units.length;
  const codes = new Uint8Array(rows * features.length);
  features.forEach(({ codes: own }, f) => {
    for (let row = 0; row < rows; row++) codes[f * rows + row] = own[units[row]];
  });
  return { rows, features: features.length, codes };
}
