import { bucketCount, featureIndex } from '../../../shared/features/schema.ts';
import { tripWishes } from '../trip-wishes.ts';

const FEATURES = tripWishes.features.length;
/** Buckets of any feature, at most. */
const WIDEST = Math.max(...tripWishes.features.map(bucketCount));

/** What an item is worth to a visitor in log-odds, from the codes of both, and up to a constant. */
export type Taste = (codes: ArrayLike<number>, from: number) => number;

/** A liking of every bucket, uniform in ±SPREAD log-odds: what an additive scorer can express. */
const SPREAD = 1.4;
/** Of pairs of features. */
const PAIRS = 8;

export function additiveTaste(random: () => number, spread = SPREAD): Taste {
  const liking = Float64Array.from(
    { length: FEATURES * WIDEST },
    () => spread * (2 * random() - 1),
  );
  return (codes, from) => {
    let worth = 0;
    for (let f = 0; f < FEATURES; f++) worth += liking[f * WIDEST + codes[from + f]];
    return worth;
  };
}

/** Half of the liking is of pairs of buckets of two features, which no sum over features can express. */
export function interactingTaste(random: () => number): Taste {
  const alone = additiveTaste(random, SPREAD / 2);
  const pairs = Array.from({ length: PAIRS }, () => {
    const [one, other] = [
      1 + Math.floor((FEATURES - 1) * random()),
      1 + Math.floor((FEATURES - 2) * random()),
    ];
    return {
      one,
      other: other >= one ? other + 1 : other,
      liking: Float64Array.from(
        { length: WIDEST * WIDEST },
        () => (SPREAD / 2) * (2 * random() - 1),
      ),
    };
  });
  return (codes, from) =>
    pairs.reduce(
      (worth, { one, other, liking }) =>
        worth + liking[codes[from + one] * WIDEST + codes[from + other]],
      alone(codes, from),
    );
}

/**
 * A taste that the schema's declared constraints allow, with half of the liking in sums over features, and as much as an additive taste
 * has in the pairs of buckets of these pairs of features, if any.
 */
export const tasteOfPairs =
  (pairs: readonly (readonly [string, string])[]) =>
  (random: () => number): Taste => {
    const liking = tripWishes.features.map((spec) => {
      const own = Float64Array.from({ length: bucketCount(spec) }, () => drawn(random) / 2);
      const isMonotone = tripWishes.constraints.some(
        ({ feature, monotone }) => feature === spec.name && monotone === 'decreasing',
      );
      if (isMonotone) own.set(own.slice(1).toSorted().toReversed(), 1);
      return own;
    });
    const tables = pairs.map(([one, other]) => ({
      one: featureIndex(tripWishes, one),
      other: featureIndex(tripWishes, other),
      liking: Float64Array.from({ length: WIDEST * WIDEST }, () => drawn(random)),
    }));
    return (codes, from) =>
      tables.reduce(
        (worth, { one, other, liking: of }) =>
          worth + of[codes[from + one] * WIDEST + codes[from + other]],
        liking.reduce((worth, of, feature) => worth + of[codes[from + feature]], 0),
      );
  };

/** Uniform in ±SPREAD. */
const drawn = (random: () => number): number => SPREAD * (2 * random() - 1);
