import type { Visit } from '../../shared/domain/rank-request.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { bucketCount, type Schema } from '../../shared/features/schema.ts';
import { crossStrength } from '../../shared/features/cross-strength.ts';
import { tripWishes } from './trip-wishes.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { rankSlate, type Slate } from '../../shared/score/rank.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import {
  additiveFromPoints,
  scoreCodes,
  toPoints,
  type Scorer,
} from '../../shared/score/scorer.ts';

/** How readily these visitors click. */
export interface Readiness {
  readonly logOddsPerPoint: number;
  /** Of an item whose worth is 0. */
  readonly usualLogOdds: number;
}

const USUAL: Readiness = { logOddsPerPoint: 0.1, usualLogOdds: -2 };
/** Points of a bucket come from −SPREAD to SPREAD. */
const SPREAD = 14;
export const SHOWN = 10;

/** Visitors who look at slot k with probability 1/√k and click what they look at as often as it is worth to them. */
export interface HiddenTaste {
  /** What they click on each slot of a slate, on average. */
  expected(codes: Uint8Array, slots: number): Float64Array;
  /** One visitor's clicks, 0 or 1 per slot. */
  clicks(codes: Uint8Array, slots: number): Float64Array;
  /** Ranks by worth itself: nothing earns more. */
  readonly oracle: Scorer;
}

/**
 * A liking of every bucket of every feature that no rule says, drawn anew for each seed.
 * @param orderly whether it keeps the orders that the schema declares, such as that nobody likes what is dearer better: no
 * training may learn what does not. Segments differ from the sum of their parts by as much as the schema expects of crosses.
 */
export function hiddenTaste(
  seed: number,
  { orderly = false, schema = tripWishes } = {},
): HiddenTaste {
  const random = seededRandom(seed);
  const strength = crossStrength(schema);
  const points = Object.fromEntries(
    schema.features.map((feature, i) => {
      const spread = SPREAD / Math.sqrt(strength[i]);
      const liking = Array.from(
        { length: bucketCount(feature) },
        () => spread * (2 * random() - 1),
      );
      const isOrdered = orderly && isDecreasing(schema, feature.name);
      return [feature.name, isOrdered ? descending(liking) : liking];
    }),
  );
  return tasteOf(schema, points, random);
}

/** @param points what is liked, per bucket of each feature. @param random draws who clicks. */
export function tasteOf(
  schema: Schema,
  points: Readonly<Record<string, readonly number[]>>,
  random: () => number,
  { logOddsPerPoint, usualLogOdds }: Readiness = USUAL,
): HiddenTaste {
  const oracle = additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'taste' });
  const features = schema.features.length;
  const expected = (codes: Uint8Array, slots: number) =>
    Float64Array.from({ length: slots }, (_, slot) => {
      const worth = toPoints(scoreCodes(oracle, codes, slot * features));
      const liked = 1 / (1 + Math.exp(-usualLogOdds - logOddsPerPoint * worth));
      return liked / Math.sqrt(slot + 1);
    });
  return {
    oracle,
    expected,
    clicks: (codes, slots) => expected(codes, slots).map((rate) => (random() < rate ? 1 : 0)),
  };
}

const isDecreasing = ({ constraints }: Schema, name: string) =>
  constraints.some(({ feature, monotone }) => feature === name && monotone === 'decreasing');

/** The first bucket is that of what is unknown, and has no place in the order. */
const descending = ([unknown, ...known]: readonly number[]) => [
  unknown,
  ...known.toSorted((a, b) => b - a),
];

/** What a scorer shows a visitor: as it serves, or the best by its scores where it does not explore. */
export const show = (
  scorer: Scorer,
  table: RankableTable,
  visit: Visit,
  { seed, nowMs, explores = true }: { seed: number; nowMs: number; explores?: boolean },
): Slate =>
  rankSlate(scorer, table, visit, {
    limit: SHOWN,
    seed,
    nowMs,
    exploration: explores ? scorer.exploration : { temperature: 0, epsilon: 0, poolSize: SHOWN },
  });
