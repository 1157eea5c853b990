import { category, type CategorySpec } from './category.ts';
import { constant, type ConstantSpec } from './constant.ts';
import { context, type ContextSpec } from './context.ts';
import { cross, type CrossSpec } from './cross.ts';
import { dateMonth, type DateMonthSpec } from './date-month.ts';
import { dateSoon, type DateSoonSpec } from './date-soon.ts';
import { hierarchy, type HierarchySpec } from './hierarchy.ts';
import { itemAffinity, type ItemAffinitySpec } from './item-affinity.ts';
import type { BucketKind } from './kind.ts';
import { learned, type LearnedSpec } from './learned.ts';
import { ordinalDistance, type OrdinalDistanceSpec } from './ordinal-distance.ts';
import { priceToBudget, type PriceToBudgetSpec } from './price-to-budget.ts';
import { quantile, type QuantileSpec } from './quantile.ts';
import { rangeDistance, type RangeDistanceSpec } from './range-distance.ts';
import { recentDistance, type RecentDistanceSpec } from './recent-distance.ts';
import { recent, type RecentSpec } from './recent.ts';
import { related, type RelatedSpec } from './related.ts';
import { requestTime, type RequestTimeSpec } from './request-time.ts';
import { searchAffinity, type SearchAffinitySpec } from './search-affinity.ts';
import { setOverlap, type SetOverlapSpec } from './set-overlap.ts';
import { slateRatio, type SlateRatioSpec } from './slate-ratio.ts';
import { slateRank, type SlateRankSpec } from './slate-rank.ts';

/** A feature as the schema declares it. */
export type FeatureSpec =
  | CategorySpec
  | ConstantSpec
  | ContextSpec
  | CrossSpec
  | DateMonthSpec
  | DateSoonSpec
  | HierarchySpec
  | ItemAffinitySpec
  | LearnedSpec
  | OrdinalDistanceSpec
  | PriceToBudgetSpec
  | QuantileSpec
  | RangeDistanceSpec
  | RecentDistanceSpec
  | RecentSpec
  | RelatedSpec
  | RequestTimeSpec
  | SearchAffinitySpec
  | SetOverlapSpec
  | SlateRankSpec
  | SlateRatioSpec;

const KINDS: {
  readonly [K in FeatureSpec['kind']]: BucketKind<Extract<FeatureSpec, { kind: K }>>;
} = {
  category,
  constant,
  context,
  cross,
  'date-month': dateMonth,
  'date-soon': dateSoon,
  hierarchy,
  'item-affinity': itemAffinity,
  learned,
  'ordinal-distance': ordinalDistance,
  'price-to-budget': priceToBudget,
  quantile,
  'range-distance': rangeDistance,
  recent,
  'recent-distance': recentDistance,
  related,
  'request-time': requestTime,
  'search-affinity': searchAffinity,
  'set-overlap': setOverlap,
  'slate-rank': slateRank,
  'slate-ratio': slateRatio,
};

export const KIND_NAMES = Object.keys(KINDS);

export const isKind = (kind: unknown): kind is FeatureSpec['kind'] =>
  typeof kind === 'string' && Object.hasOwn(KINDS, kind);

/**
 * The kind of a spec. The return type is widened to all specs,
 * because TypeScript cannot relate a spec to its own kind.
 */
export const kindOf = (spec: FeatureSpec): BucketKind<FeatureSpec> => KINDS[spec.kind];
