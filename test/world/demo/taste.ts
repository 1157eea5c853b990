import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { scoreCodes, toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { tasteOf } from '../hidden-taste.ts';
import type { Behaviour } from './behaviour.ts';

/** Points by bucket of each feature, as the schema of trips has them; nothing of it is sent to the system. */
export type Likes = Readonly<Record<string, readonly number[]>>;

/** Near what the rules say of themes, places and budgets; but these visitors plan ahead and mind how hard a trip is. */
export const PLANNERS: Likes = {
  theme: [0, -10, 4, 14],
  difficulty: [0, 8, 2, -4, -10],
  duration: [0, 8, 4, 2, -6],
  budget: [0, 16, 8, 0, -16],
  status: [0, 4, 6, -8, 0],
  departing: [0, -8, 3],
  place: [0, 10, 6, -6],
};

/** After the turn: harder trips than they say, far from where they say, soon, and whatever the theme. */
export const ADVENTURERS: Likes = {
  theme: [0, -2, 2, 4],
  difficulty: [0, -4, 0, 5, 8],
  duration: [0, 4, 2, 0, 0],
  budget: [0, 10, 6, 0, -10],
  status: [0, -4, 2, 6, 0],
  departing: [0, 3, -2],
  place: [0, -10, 2, 14],
};

/** So that a quarter to a half of the rankings are clicked, as on a page that people use. */
const READINESS = { logOddsPerPoint: 0.07, usualLogOdds: -4.3 };
/** Who clicked starts a booking; of what they like, sooner. */
const BOOKING = { logOddsPerPoint: 0.03, usualLogOdds: -2 };
const FEATURES = smarttrip.features.length;

export interface Taste extends Behaviour {
  readonly likes: Likes;
  /** Ranks by the taste itself: nothing earns more. */
  readonly oracle: Scorer;
}

/**
 * Visitors look at slot k with probability 1/√k, and click what they look at by how much they like it; independently for
 * each slot, so that what they do with a slate on average is known exactly.
 */
export function taste(name: string, likes: Likes, seed: number): Taste {
  const random = seededRandom(seed);
  const clicking = tasteOf(smarttrip, likes, random, READINESS);
  const { oracle } = clicking;
  const bookingRate = (codes: Uint8Array, slot: number) => {
    const worth = toPoints(scoreCodes(oracle, codes, slot * FEATURES));
    const { usualLogOdds, logOddsPerPoint } = BOOKING;
    return 1 / (1 + Math.exp(-usualLogOdds - logOddsPerPoint * worth));
  };
  return {
    name,
    likes,
    oracle,
    expected(codes, slots) {
      let [none, clicks, bookings, reciprocalRank] = [1, 0, 0, 0];
      clicking.expected(codes, slots).forEach((rate, slot) => {
        clicks += rate;
        bookings += rate * bookingRate(codes, slot);
        reciprocalRank += (none * rate) / (slot + 1);
        none *= 1 - rate;
      });
      return { clicked: 1 - none, clicks, bookings, reciprocalRank };
    },
    visit: (codes, slots) =>
      [...clicking.clicks(codes, slots).entries()]
        .filter(([, click]) => click > 0)
        .map(([slot]) => ({ slot, books: random() < bookingRate(codes, slot) })),
  };
}
