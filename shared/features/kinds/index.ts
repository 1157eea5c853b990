import { category } from './category.ts';
import { constant } from './constant.ts';
import { context } from './context.ts';
import { cross } from './cross.ts';
import { dateSoon } from './date-soon.ts';
import { hierarchy } from './hierarchy.ts';
import type { BucketKind, FeatureSpec } from './kind.ts';
import { ordinalDistance } from './ordinal-distance.ts';
import { priceToBudget } from './price-to-budget.ts';
import { quantile } from './quantile.ts';
import { rangeDistance } from './range-distance.ts';
import { recentDistance } from './recent-distance.ts';
import { recent } from './recent.ts';
import { setOverlap } from './set-overlap.ts';
import { slateRatio } from './slate-ratio.ts';
import { slateRank } from './slate-rank.ts';

const KINDS: {
  readonly [K in FeatureSpec['kind']]: BucketKind<Extract<FeatureSpec, { kind: K }>>;
} = {
  category,
  constant,
  context,
  cross,
  'date-soon': dateSoon,
  hierarchy,
  'ordinal-distance': ordinalDistance,
  'price-to-budget': priceToBudget,
  quantile,
  'range-distance': rangeDistance,
  recent,
  'recent-distance': recentDistance,
  'set-overlap': setOverlap,
  'slate-rank': slateRank,
  'slate-ratio': slateRatio,
};

export const isKind = (kind: unknown): kind is FeatureSpec['kind'] =>
  typeof kind === 'string' && Object.hasOwn(KINDS, kind);

/** The kind of a spec, with the spec's own type put back together (TypeScript cannot correlate the two). */
export const kindOf = (spec: FeatureSpec): BucketKind<FeatureSpec> => KINDS[spec.kind];
