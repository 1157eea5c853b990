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
 * What a unit did, by column: `rankings`, its searches; per event type how many, and what their values come to; `cell.3_4`, the
 * pointer activity in a cell of the heat map; `feature.map`, how often a feature was used.
 */
export class UnitValues {
  readonly values: Record<string, number>;
  readonly #features = new Set<string>();

  constructor(rankings: number) {
    this.values = { rankings };
  }

  add({ type, value, cell, feature }: UnitEvent): void {
    const { values } = this;
    tally(values, type, value);
    if (type === 'pointer_activity') add(values, cellColumn(cell), value ?? 1);
    if (type !== 'feature_use') return;
    const column = featureColumn(feature);
    if (this.#features.size === MOST_FEATURES && !this.#features.has(column)) return;
    this.#features.add(column);
    add(values, column, 1);
  }
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
