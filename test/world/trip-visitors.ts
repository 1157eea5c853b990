import type { Item } from '../../shared/domain/item.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { makeTrips, makeVisits } from '../bench/support/trips.ts';

const CONTINENTS = ['Africa', 'Asia', 'Europe', 'North America', 'Oceania', 'South America'];
const TRIP_TYPES = ['group', 'private', 'cruise', 'self-drive'];
const DEVICES = ['mobile', 'desktop', 'tablet'];
const MARKETS = ['DE', 'AT', 'CH', 'NL', 'BE', 'FR', 'GB', 'US'];

const named = (continent: unknown) => CONTINENTS[Number(String(continent).split('-')[1])];

/** Trips that have all which the default schema reads. */
export function tripsInFull(count: number, seed: number): Item[] {
  const random = seededRandom(seed + 1);
  return makeTrips(count, seed).map(({ id, attributes }) => ({
    id,
    attributes: {
      ...attributes,
      continent: named(attributes.continent),
      tripType: TRIP_TYPES[Math.floor(random() * TRIP_TYPES.length)],
    },
  }));
}

/** Visitors who say what they wish and where they come from. Nothing is known of what they did before. */
export function visitsInFull(count: number, seed: number): Visit[] {
  const random = seededRandom(seed + 1);
  const pick = (from: readonly string[], towardsFirst = 1) =>
    from[Math.floor(random() ** towardsFirst * from.length)];
  return makeVisits(count, seed).map((visit) => {
    const { continents, ...others } = visit.preferences as { continents?: string[] };
    return {
      ...visit,
      preferences: {
        ...others,
        ...(continents && { continents: continents.map(named) }),
        ...(random() < 0.5 && { tripTypes: [pick(TRIP_TYPES)] }),
      },
      context: {
        device: pick(DEVICES),
        market: pick(MARKETS, 2),
        visitor: random() < 0.7 ? 'new' : 'returning',
      },
    };
  });
}
