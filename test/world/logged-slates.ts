import { seededRandom } from '../../shared/explore/random.ts';
import { drawSlate } from '../../shared/explore/slate.ts';
import type { RescoredRanking } from '../../backend/science/evaluation/off-policy/reordered-slates.ts';

/** Three kinds of visitors, five items each; a visitor reads down and may leave after a click. */
export const POOL = 5;
export const SLOTS = 3;
/** Scores of the logging policy, best first, and of the evaluated one, in points. */
const LOGGED_POINTS = [
  [4, 3, 2, 1, 0],
  [5, 3, 3, 2, 1],
  [3, 2, 2, 1, 1],
];
export const EVALUATED_POINTS = [
  [0, 2, 4, 3, 1],
  [2, 1, 4, 3, 2],
  [1, 3, 2, 4, 2],
];
const RELEVANCE = [
  [0.2, 0.3, 0.5, 0.4, 0.25],
  [0.3, 0.2, 0.5, 0.4, 0.3],
  [0.25, 0.4, 0.3, 0.5, 0.3],
];
export const LOGGED_EXPLORATION = { temperature: 4, epsilon: 0.1 };
export const EVALUATED_EXPLORATION = { temperature: 2, epsilon: 0.05 };
/** Chance to read on after a slot without and with a click. */
const READ_ON = [0.9, 0.5];

export interface WorldRanking extends RescoredRanking {
  readonly context: number;
  /** Items shown, best slot first. */
  readonly shown: readonly number[];
}

export function logSlates(count: number, seed: number): WorldRanking[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, cluster) => {
    const context = Math.floor(random() * LOGGED_POINTS.length);
    const drawn = drawSlate(LOGGED_POINTS[context], SLOTS, LOGGED_EXPLORATION, random);
    const shown = drawn.map(({ index }) => index);
    const reward = new Float64Array(SLOTS);
    for (let slot = 0, reads = true; slot < SLOTS && reads; slot++) {
      reward[slot] = random() < RELEVANCE[context][shown[slot]] ? 1 : 0;
      reads = random() < READ_ON[reward[slot]];
    }
    return {
      context,
      shown,
      draw: {
        points: shown.map((item) => LOGGED_POINTS[context][item]),
        propensities: drawn.map(({ propensity }) => propensity),
        exploration: LOGGED_EXPLORATION,
        competing: POOL,
      },
      reward,
      points: shown.map((item) => EVALUATED_POINTS[context][item]),
      codes: Uint8Array.from(shown, (item) => context * POOL + item),
      cluster,
    };
  });
}

/** What these visitors click on a slate, on average: the chain of reading on, slot by slot. */
export function expectedClicks(context: number, shown: readonly number[]): number {
  let [reading, clicks] = [1, 0];
  for (const item of shown) {
    const rate = RELEVANCE[context][item];
    clicks += reading * rate;
    reading *= rate * READ_ON[1] + (1 - rate) * READ_ON[0];
  }
  return clicks;
}

/** Probability of a slate by enumeration, from the definition of the draw: scores of what is left, one by one. */
export function slateProbability(
  points: readonly number[],
  slate: readonly number[],
  { temperature, epsilon }: { temperature: number; epsilon: number },
): number {
  let left = [...points.keys()];
  let probability = 1;
  for (const item of slate) {
    const total = left.reduce((sum, i) => sum + Math.exp(points[i] / temperature), 0);
    probability *=
      ((1 - epsilon) * Math.exp(points[item] / temperature)) / total + epsilon / left.length;
    left = left.filter((other) => other !== item);
  }
  return probability;
}

/** All ordered choices of `size` out of the items. */
export function orders(items: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return items.flatMap((item) =>
    orders(
      items.filter((other) => other !== item),
      size - 1,
    ).map((rest) => [item, ...rest]),
  );
}

const contexts = [...LOGGED_POINTS.keys()];
const everySlate = orders([0, 1, 2, 3, 4], SLOTS);

/** Clicks per slate when the evaluated policy draws from the whole pool. */
export const TRUE_POOL_VALUE = average((context) =>
  everySlate.reduce(
    (sum, slate) =>
      sum +
      slateProbability(EVALUATED_POINTS[context], slate, EVALUATED_EXPLORATION) *
        expectedClicks(context, slate),
    0,
  ),
);

/** Clicks per slate when it re-orders the set that the logging policy drew. */
export const TRUE_REORDERED_VALUE = average((context) =>
  everySlate.reduce((sum, drawn) => {
    const own = drawn.map((item) => EVALUATED_POINTS[context][item]);
    const reordered = orders([...drawn.keys()], SLOTS).reduce(
      (value, order) =>
        value +
        slateProbability(own, order, EVALUATED_EXPLORATION) *
          expectedClicks(
            context,
            order.map((i) => drawn[i]),
          ),
      0,
    );
    return sum + slateProbability(LOGGED_POINTS[context], drawn, LOGGED_EXPLORATION) * reordered;
  }, 0),
);

function average(of: (context: number) => number): number {
  return contexts.reduce((sum, context) => sum + of(context), 0) / contexts.length;
}
