import type { Item } from '../../../shared/domain/item.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import { seededRandom } from '../../../shared/explore/random.ts';

export const NOW_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const THEMES = 'hiking culture food beach wildlife ski family photo desert history adventure spa';
const STATUSES = ['open', 'guaranteed', 'last_places', 'full'];

/** Seeded trips with the variety of a real catalogue: 120 countries, 600 prices, 500 days of departures. */
export function makeTrips(count: number, seed: number, nowMs = NOW_MS): Item[] {
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  return Array.from({ length: count }, (_, i) => {
    const country = whole(120);
    return {
      id: `trip-${String(i).padStart(6, '0')}` as ItemId,
      attributes: {
        themes: THEMES.split(' ').filter(() => random() < 0.2),
        difficulty: 1 + whole(5),
        durationDays: 3 + whole(28),
        price: 500 + 10 * whole(600),
        status: STATUSES[whole(4)],
        departure: nowMs + (whole(530) - 30) * DAY_MS,
        continent: `continent-${country % 6}`,
        country: `country-${country}`,
      },
    };
  });
}

/** Seeded requests, each wish stated by most visitors. */
export function makeVisits(count: number, seed: number): Visit[] {
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  const mostly = <T>(value: T) => (random() < 0.8 ? value : undefined);
  return Array.from({ length: count }, () => {
    const days = 3 + whole(20);
    const country = whole(120);
    const stated = {
      themes: mostly(THEMES.split(' ').filter(() => random() < 0.2)),
      difficulty: mostly(1 + whole(5)),
      durationDays: mostly({ min: days, max: days + whole(7) }),
      budget: mostly(500 + 100 * whole(60)),
      continents: mostly([`continent-${country % 6}`]),
      countries: mostly([`country-${country}`]),
    };
    const preferences = Object.fromEntries(
      Object.entries(stated).filter((entry) => entry[1] !== undefined),
    ) as Visit['preferences'];
    return { preferences, context: {}, recent: [] };
  });
}
