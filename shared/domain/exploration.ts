import { ApiError } from './errors.ts';

/** How a slate is drawn from the best items; formula in `explore/slate.ts`. */
export interface ExplorationSpec {
  /** Temperature of the softmax over scores, in points; 0 = always the best item. */
  readonly temperature: number;
  /** Share of each slot's probability that is spread evenly over the remaining items, 0..1. */
  readonly epsilon: number;
  /** How many of the best items the slate is drawn from, 1..1000. */
  readonly poolSize: number;
}

/** Whether chance has a part in the draw. */
export const explores = ({
  temperature,
  epsilon,
}: Pick<ExplorationSpec, 'temperature' | 'epsilon'>): boolean => temperature > 0 || epsilon > 0;

/** @throws ApiError 400 `invalid_schema` naming the field that is out of bounds. */
export function checkExploration(spec: ExplorationSpec): ExplorationSpec {
  const { temperature, epsilon, poolSize } = spec;
  if (!(temperature >= 0 && temperature < 1e6))
    throw outOfBounds(`temperature must be 0 or more, but was ${temperature}`);
  if (!(epsilon >= 0 && epsilon <= 1))
    throw outOfBounds(`epsilon must be 0 to 1, but was ${epsilon}`);
  if (!(Number.isInteger(poolSize) && poolSize >= 1 && poolSize <= 1000))
    throw outOfBounds(`poolSize must be 1 to 1000, but was ${poolSize}`);
  return spec;
}

const outOfBounds = (problem: string) =>
  new ApiError(400, 'invalid_schema', `schema: exploration.${problem}`);
