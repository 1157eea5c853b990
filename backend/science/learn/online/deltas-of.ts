import { MAX_DELTAS, type WeightDelta } from '../../../../shared/domain/weight-delta.ts';
import {
  bucketCount,
  featureIndex,
  type ConstraintSpec,
} from '../../../../shared/features/schema.ts';
import {
  MAX_SCORE_UNITS,
  rangeOf,
  STRIDE,
  toPoints,
  toUnits,
  type AdditiveScorer,
} from '../../../../shared/score/scorer.ts';
import { project } from '../additive/constraints.ts';
import type { OnlinePosterior, OnlineProblem } from './online-learner.ts';

/**
 * What was learned as changes of the published weights, in points, the largest first; at most as many as one batch holds. The published
 * weights with them are a scorer: they keep the range of scores, and each declared constraint that the published ones keep. What was
 * learned beyond that is kept, as it is evidence all the same.
 * @param limit the farthest that one weight is changed, in log-odds.
 */
export function deltasOf(
  { base, calibration: { slope }, places, featurePlaces }: OnlineProblem,
  { mean, precision }: OnlinePosterior,
  limit = Number.POSITIVE_INFINITY,
): WeightDelta[] {
  const { schema, weights } = base;
  const published = publishedOf(base);
  const { constraints, moves, points } = published;
  for (let i = 0; i < featurePlaces; i++) {
    const at = places[i];
    moves[at] = Math.max(-limit, Math.min(limit, mean[at])) / slope;
  }
  const share = shareInRange(base, published);
  for (let i = 0; i < featurePlaces; i++) {
    const at = places[i];
    points[at] = toPoints(weights[at]) + share * moves[at];
  }
  // It takes no weight farther from where it was published than the farthest move, nor past the least and the most of its feature there and here.
  project({ ...schema, constraints }, points, precision, 1);
  const deltas: WeightDelta[] = [];
  for (let i = 0; i < featurePlaces; i++) {
    const at = places[i];
    const units = toUnits(points[at]) - weights[at];
    if (units === 0) continue;
    const bucket = at % STRIDE;
    deltas.push({
      feature: schema.features[(at - bucket) / STRIDE].name,
      bucket,
      points: toPoints(units),
    });
  }
  return mostOf(deltas, constraints);
}

/** What of published weights is the same each time that something was learned of them. */
interface Published {
  readonly range: ReturnType<typeof rangeOf>;
  readonly constraints: readonly ConstraintSpec[];
  /** Room for one look, by weight: only what is of a bucket of a feature is written and read. */
  readonly moves: Float64Array;
  readonly points: Float64Array;
}

const known = new WeakMap<AdditiveScorer, Published>();

function publishedOf(base: AdditiveScorer): Published {
  let published = known.get(base);
  if (published === undefined) {
    const { length } = base.weights;
    published = {
      range: rangeOf(base),
      constraints: keptConstraints(base),
      moves: new Float64Array(length),
      points: new Float64Array(length),
    };
    known.set(base, published);
  }
  return published;
}

/**
 * By what all moves are multiplied so that scores stay in their range. What is bounded is convex in it, so that it stays below the straight
 * line between none and all of the moves.
 * Its moves are in points.
 */
function shareInRange(
  base: AdditiveScorer,
  { range: { low, high }, moves }: Pick<Published, 'range' | 'moves'>,
): number {
  const { schema, weights } = base;
  // Each weight is rounded to units by itself.
  const most = toPoints(MAX_SCORE_UNITS - schema.features.length - 1);
  let share = 1;
  const bound = (published: number, moved: number) => {
    if (moved > most)
      share = Math.min(share, Math.max(0, (most - published) / (moved - published)));
  };
  let [lower, higher] = [0, 0];
  schema.features.forEach((spec, feature) => {
    const [from, to] = [feature * STRIDE, feature * STRIDE + bucketCount(spec)];
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let [leastEver, greatestEver] = [least, greatest];
    for (let at = from; at < to; at++) {
      const published = toPoints(weights[at]);
      const moved = published + moves[at];
      bound(Math.abs(published), Math.abs(moved));
      bound(0, Math.abs(moves[at]));
      least = Math.min(least, published);
      greatest = Math.max(greatest, published);
      leastEver = Math.min(leastEver, published, moved);
      greatestEver = Math.max(greatestEver, published, moved);
    }
    // Whichever of the weights are moved in the end.
    lower += least - leastEver;
    higher += greatestEver - greatest;
  });
  bound(toPoints(high), toPoints(high) + higher);
  bound(-toPoints(low), lower - toPoints(low));
  return share;
}

/** Each of the declared constraints by itself that the published weights keep: one that they break is left to training. */
function keptConstraints({ schema, weights }: AdditiveScorer): ConstraintSpec[] {
  return schema.constraints
    .flatMap(({ feature, monotone, min, max }): ConstraintSpec[] => [
      ...(monotone === undefined ? [] : [{ feature, monotone }]),
      ...(min === undefined ? [] : [{ feature, min }]),
      ...(max === undefined ? [] : [{ feature, max }]),
    ])
    .filter(({ feature: name, monotone, min = -Infinity, max = Infinity }) => {
      const feature = featureIndex(schema, name);
      const to = feature * STRIDE + bucketCount(schema.features[feature]);
      const own = weights.subarray(feature * STRIDE + 1, to);
      const sign = monotone === 'decreasing' ? -1 : 1;
      return own.every(
        (units, i) =>
          units >= toUnits(min) &&
          units <= toUnits(max) &&
          (monotone === undefined || i === 0 || sign * (units - own[i - 1]) >= 0),
      );
    });
}

/** As many of the largest as one batch holds: of a feature whose weights are ordered all or none, as some of them alone break the order. */
function mostOf(
  deltas: readonly WeightDelta[],
  constraints: readonly ConstraintSpec[],
): WeightDelta[] {
  const size = ({ points }: WeightDelta) => Math.abs(points);
  const sorted = deltas.toSorted((one, other) => size(other) - size(one));
  if (sorted.length <= MAX_DELTAS) return sorted;
  const ordered = new Set(
    constraints.flatMap(({ feature, monotone }) => (monotone === undefined ? [] : [feature])),
  );
  const counts = new Map<string, number>();
  for (const { feature } of sorted) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  const taken = new Map<string, boolean>();
  let left = MAX_DELTAS;
  return sorted.filter(({ feature }) => {
    const isWhole = ordered.has(feature);
    const before = isWhole ? taken.get(feature) : undefined;
    if (before !== undefined) return before;
    const needed = isWhole ? counts.get(feature)! : 1;
    const isTaken = needed <= left;
    if (isTaken) left -= needed;
    taken.set(feature, isTaken);
    return isTaken;
  });
}
