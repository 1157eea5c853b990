import type { ItemTable } from '../../shared/features/columns/item-table.ts';
import { count, percent } from '../../shared/text/text.ts';
import { sampleRank } from '../catalogue/catalogue-sample.ts';
import type { DailySample } from '../catalogue/daily-samples.ts';
import { clusteredDrift, type ClusteredBuckets } from '../science/evaluation/clustered-drift.ts';
import { binOf, quantileEdges } from '../science/evaluation/quantile-bins.ts';
import { valueBins } from '../science/evaluation/value-bins.ts';
import type { MonitorSettings } from './settings.ts';
import type { ClusteredValues, World } from './world.ts';

/** Something of the world that is not as it was. */
export interface Shift {
  /** `preferences.budget`, `column price`, `feature theme`, `scores` or `items`. */
  readonly of: string;
  /** With its figures, as part of a sentence. */
  readonly says: string;
  readonly figures: Readonly<Record<string, number>>;
}

type Limits = Pick<
  MonitorSettings['drift'],
  'maxScorePsi' | 'maxFeaturePsi' | 'maxItemsChange' | 'alpha'
>;

/**
 * What of the world has shifted, the furthest first: what people ask for, what the catalogue has, and what codes and scores
 * pairs of both get. A shift is both large (its PSI in excess of chance is above a limit) and more than chance: among all
 * that is compared at once, nothing shifts with a probability of 1 − alpha where nothing changed (Bonferroni).
 * @param features names, in schema order. Both worlds are of one schema and one scorer.
 */
export function shiftsBetween(
  features: readonly string[],
  reference: World,
  current: World,
  { maxScorePsi, maxFeaturePsi, maxItemsChange, alpha }: Limits,
): Shift[] {
  const compared = [
    ...namesOf(reference.fields, current.fields).map((name) => ({
      of: name,
      limit: maxFeaturePsi,
      sides: valuesOfBoth(fieldOf(reference, name), fieldOf(current, name)),
    })),
    ...namesOf(reference.columns, current.columns).flatMap((name) => {
      const [before, after] = [reference.columns.get(name), current.columns.get(name)];
      return before && after
        ? [{ of: `column ${name}`, limit: maxFeaturePsi, sides: valuesOfBoth(before, after) }]
        : [];
    }),
    ...pairsOfBoth(features, reference, current).map(({ of, sides }) => ({
      of,
      limit: of === SCORES ? maxScorePsi : maxFeaturePsi,
      sides,
    })),
  ];
  const shifted = compared.flatMap(({ of, limit, sides }) => {
    const { psi, byChance, excess, p } = clusteredDrift(...sides);
    if (excess <= limit || p >= alpha / compared.length) return [];
    const says = `${of} (PSI ${excess.toFixed(2)} above chance)`;
    return [{ of, says, figures: { psi, byChance, excess, p } }];
  });
  return [
    ...itemsShift(reference.catalogue, current.catalogue, maxItemsChange),
    ...shifted.toSorted((a, b) => b.figures.excess - a.figures.excess),
  ];
}

const SCORES = 'scores';

const namesOf = (...sides: readonly ReadonlyMap<string, unknown>[]): string[] => [
  ...new Set(sides.flatMap((side) => [...side.keys()])),
];

/** A field that no request of a world has is missing from each of them. */
function fieldOf({ fields, visitors }: World, name: string): ClusteredValues {
  const known = fields.get(name);
  if (known !== undefined) return known;
  const of = Array.from({ length: visitors }, (_, visitor) => visitor);
  return { values: of.map(() => undefined), clustering: { of, count: visitors } };
}

function valuesOfBoth(reference: ClusteredValues, current: ClusteredValues): Sides {
  const bucketOf = valueBins(reference.values);
  const side = ({ values, clustering }: ClusteredValues): ClusteredBuckets => ({
    buckets: values.map(bucketOf),
    clusterings: [clustering],
  });
  return [side(reference), side(current)];
}

type Sides = [reference: ClusteredBuckets, current: ClusteredBuckets];

function pairsOfBoth(
  features: readonly string[],
  { pairs: before }: World,
  { pairs: after }: World,
): { of: string; sides: Sides }[] {
  if (before.points.length === 0 || after.points.length === 0) return [];
  const edges = quantileEdges(before.points);
  const binsOf = (points: Float64Array) => Array.from(points, (score) => binOf(edges, score));
  const sides = (reference: ArrayLike<number>, current: ArrayLike<number>): Sides => [
    { buckets: reference, clusterings: before.clusterings },
    { buckets: current, clusterings: after.clusterings },
  ];
  return [
    { of: SCORES, sides: sides(binsOf(before.points), binsOf(after.points)) },
    ...features.map((name, f) => ({
      of: `feature ${name}`,
      sides: sides(before.features[f], after.features[f]),
    })),
  ];
}

/** A catalogue that shrinks or grows by more than a share of what it was at most: nothing here is chance. */
function itemsShift(before: DailySample, after: DailySample, maxItemsChange: number): Shift[] {
  const most = Math.max(before.items, after.items);
  const change = most === 0 ? 0 : Math.abs(after.items - before.items) / most;
  if (change <= maxItemsChange) return [];
  return [
    {
      of: 'items',
      says: `items (from ${count(before.items)} to ${count(after.items)})`,
      figures: { before: before.items, after: after.items },
    },
  ];
}

/** What share of a catalogue is new, and what share of the earlier one is gone; 0..1. */
export interface Turnover {
  readonly newItems: number;
  readonly goneItems: number;
}

/**
 * Estimated from two bottom-k samples: both hold every item of theirs whose hash is below the lesser of their highest ones
 * (Cohen & Kaplan, 2007). It is told and not judged: items may come and go every day and be as they always were, and where
 * they are not, their columns say so.
 */
export function turnover(before: DailySample, after: DailySample): Turnover {
  const cut = Math.min(...[before, after].map(wholeBelow));
  const share = (of: ItemTable, other: ItemTable) => {
    const known = new Set(other.ids);
    const own = [...of.ids].filter((id) => sampleRank(id) <= cut);
    return own.length === 0 ? 0 : own.filter((id) => !known.has(id)).length / own.length;
  };
  return {
    newItems: share(after.table, before.table),
    goneItems: share(before.table, after.table),
  };
}

/** Up to which hash a sample has all items. */
const wholeBelow = ({ items, table }: DailySample): number =>
  table.ids.length === items ? Infinity : Math.max(...Array.from(table.ids, sampleRank));

export const turnoverText = ({ newItems, goneItems }: Turnover): string =>
  `${percent(newItems)} of the items are new, ${percent(goneItems)} are gone`;
