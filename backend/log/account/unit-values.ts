import { tally } from '../../science/learn/tallies.ts';

export interface UnitEvent {
  readonly type: string;
  readonly value: number | null;
  /** `"x,y"` of pointer activity. */
  readonly cell: unknown;
  /** Name of the feature that was used. */
  readonly feature: unknown;
}

/** A visitor's page may name any feature: more than these of one unit are left out. */
const MOST_FEATURES = 50;

/**
 * What a unit did, by column: `rankings`; per event type how many, and what their values come to; `cell.3_4`, the
 * pointer activity in a cell of the heat map; `feature.map`, how often a feature was used.
 */
export function unitValues(rankings: number, events: readonly UnitEvent[]): Record<string, number> {
  const values: Record<string, number> = { rankings };
  const features = new Set<string>();
  for (const { type, value, cell, feature } of events) {
    tally(values, type, value);
    if (type === 'pointer_activity') add(values, cellColumn(cell), value ?? 1);
    if (type !== 'feature_use') continue;
    const column = featureColumn(feature);
    if (features.size === MOST_FEATURES && !features.has(column)) continue;
    features.add(column);
    add(values, column, 1);
  }
  return values;
}

const add = (values: Record<string, number>, column: string, amount: number) => {
  values[column] = (values[column] ?? 0) + amount;
};

const cellColumn = (cell: unknown): string => `cell.${String(cell).replace(',', '_')}`;

/** As metrics are named. */
const featureColumn = (feature: unknown): string =>
  `feature.${
    typeof feature === 'string'
      ? feature
          .toLowerCase()
          .replaceAll(/[^a-z0-9_.]+/g, '_')
          .slice(0, 40)
      : 'unnamed'
  }`;
