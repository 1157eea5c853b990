import { ApiError } from './errors.ts';

/** How a slate is drawn from the best items; formulas in `explore/slate.ts` and `score/raise.ts`. */
export interface ExplorationSpec {
  /** Temperature of the softmax over scores, in points; 0 = always the best item. */
  readonly temperature: number;
  /** Share of each slot's probability that is spread evenly over the remaining items, 0..1. */
  readonly epsilon: number;
  /** How many of the best items the slate is drawn from, 1..1000. */
  readonly poolSize: number;
  /**
   * By how many standard deviations of its posterior a weight is raised in every fourth ranking, by chance, times a draw from
   * a normal distribution where that is above 0; 0..10. Absent or 0: nothing is tried for being little known.
   */
  readonly optimism?: number;
  /**
   * The most that raising weights may cost a ranking on average over that chance, in points per slot by what the weights say;
   * above 0. Where it would cost more, that ranking's raises are made smaller. Absent: no limit.
   */
  readonly maxLoss?: number;
  /** The first slot that is drawn, 1..1000: those above it hold the best items. Absent: 1, and no slot is left alone. */
  readonly fromSlot?: number;
  /** Standard deviation of a weight of which nothing is known, in points, above 0 and at most 100. Absent: 20. */
  readonly prior?: number;
  /**
   * In how many features such a ranking raises a weight at most, 1..64, drawn in proportion to how little is known of them, until
   * together they may cost `maxLoss`. Like the prior it is of a version: an arm that explores in another way leaves it as it is, and decisions do not say it. Absent, as in versions
   * from before: all weights of all features are raised.
   */
  readonly raisedFeatures?: number;
}

/** How a slate was drawn, as tables hold it: empty where a part was not asked for. */
interface StoredExploration {
  readonly temperature: number;
  readonly epsilon: number;
  readonly poolSize: number;
  readonly optimism?: number | null;
  readonly maxLoss?: number | null;
  readonly fromSlot?: number | null;
}

export const storedExploration = ({
  temperature,
  epsilon,
  poolSize,
  optimism,
  maxLoss,
  fromSlot,
}: StoredExploration): ExplorationSpec => ({
  temperature,
  epsilon,
  poolSize,
  ...(typeof optimism === 'number' && { optimism }),
  ...(typeof maxLoss === 'number' && { maxLoss }),
  ...(typeof fromSlot === 'number' && { fromSlot }),
});

/** Whether slots are drawn by chance, and what is logged has more than one probability. */
export const drawsByChance = ({
  temperature,
  epsilon,
}: Pick<ExplorationSpec, 'temperature' | 'epsilon'>): boolean => temperature > 0 || epsilon > 0;

/** Whether anything but the best items can be shown. Raises alone do that as well, each ranking's own. */
export const explores = (spec: ExplorationSpec): boolean =>
  drawsByChance(spec) || (spec.optimism ?? 0) > 0;

/**
 * Whether slates of one version are drawn in the same way. The prior and how many features are raised are no part of that: they
 * are the version's.
 */
export const isSameExploration = (one: ExplorationSpec, other: ExplorationSpec): boolean =>
  one.temperature === other.temperature &&
  one.epsilon === other.epsilon &&
  one.poolSize === other.poolSize &&
  (one.optimism ?? 0) === (other.optimism ?? 0) &&
  one.maxLoss === other.maxLoss &&
  (one.fromSlot ?? 1) === (other.fromSlot ?? 1);

/** @throws ApiError 400 `invalid_schema` naming the field that is out of bounds. */
export function checkExploration<T extends ExplorationSpec>(spec: T): T {
  const { temperature, epsilon, poolSize, optimism = 0, maxLoss, fromSlot = 1 } = spec;
  const { prior, raisedFeatures = 1 } = spec;
  if (!(temperature >= 0 && temperature < 1e6))
    throw outOfBounds(`temperature must be 0 or more, but was ${temperature}`);
  if (!(epsilon >= 0 && epsilon <= 1))
    throw outOfBounds(`epsilon must be 0 to 1, but was ${epsilon}`);
  if (!(Number.isInteger(poolSize) && poolSize >= 1 && poolSize <= 1000))
    throw outOfBounds(`poolSize must be 1 to 1000, but was ${poolSize}`);
  if (!(optimism >= 0 && optimism <= 10))
    throw outOfBounds(`optimism must be 0 to 10, but was ${optimism}`);
  if (maxLoss !== undefined && !(maxLoss > 0 && maxLoss < 1e6))
    throw outOfBounds(`maxLoss must be points above 0, but was ${maxLoss}`);
  if (!(Number.isInteger(fromSlot) && fromSlot >= 1 && fromSlot <= 1000))
    throw outOfBounds(`fromSlot must be 1 to 1000, but was ${fromSlot}`);
  if (prior !== undefined && !(prior > 0 && prior <= 100))
    throw outOfBounds(`prior must be points above 0 and at most 100, but was ${prior}`);
  if (!(Number.isInteger(raisedFeatures) && raisedFeatures >= 1 && raisedFeatures <= 64))
    throw outOfBounds(`raisedFeatures must be 1 to 64, but was ${raisedFeatures}`);
  return spec;
}

const outOfBounds = (problem: string) =>
  new ApiError(400, 'invalid_schema', `schema: exploration.${problem}`);
