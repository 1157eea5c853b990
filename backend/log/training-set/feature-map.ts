import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import type { Schema } from '../../../shared/features/schema.ts';

/**
 * Where the codes of one schema stand in those of another: per feature of `to` the index of the feature of `from` that is equal
 * to it in every setting, its columns and the parts of a cross included, so that its codes mean the same; −1 where there is none.
 */
export function featureMap(from: Coded, to: Coded): number[] {
  // Where one says of no column which currency its prices are in, they are in the one of the other.
  const counts = saysCurrency(from) && saysCurrency(to);
  const meant = meaningsOf(from, counts);
  return meaningsOf(to, counts).map((meaning) => meant.indexOf(meaning));
}

type Coded = Pick<Schema, 'columns' | 'features'>;

const saysCurrency = ({ columns }: Coded) => columns.some(({ currency }) => currency !== undefined);

/** All that determines a feature's codes, as text. @param counts whether currencies do. */
function meaningsOf({ columns, features }: Coded, counts: boolean): string[] {
  const meanings = new Map<string, string>();
  const meant = (column: ColumnSpec) =>
    counts ? column : { ...column, currency: undefined, currencyFrom: undefined };
  for (const spec of features) {
    const column = 'column' in spec ? columns.find(({ name }) => name === spec.column) : undefined;
    const parts = spec.kind === 'cross' ? spec.of.map((name) => meanings.get(name)) : [];
    meanings.set(spec.name, canonicalJson([spec, column ? meant(column) : null, parts]));
  }
  return [...meanings.values()];
}

/**
 * Enough of a log's features must mean the same in another schema: at least half of those of either. A schema that only adds
 * features to another one reads its logs, however many it adds: they teach what they know.
 * @param featuresBefore of the schema of the log.
 */
export const sharesEnough = (map: readonly number[], featuresBefore: number): boolean =>
  map.filter((index) => index >= 0).length * 2 >= Math.min(map.length, featuresBefore);

/** Codes of slots under another schema, each feature that it does not have as missing. */
export function mapCodes(
  codes: Uint8Array,
  map: readonly number[],
  featuresBefore: number,
): Uint8Array {
  const rows = codes.length / featuresBefore;
  const mapped = new Uint8Array(rows * map.length);
  for (let row = 0; row < rows; row++)
    map.forEach((index, feature) => {
      if (index >= 0) mapped[row * map.length + feature] = codes[row * featuresBefore + index];
    });
  return mapped;
}
