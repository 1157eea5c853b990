import { parseItemId } from '../../../shared/domain/ids.ts';
import type { Item } from '../../../shared/domain/item.ts';
import { seededRandom } from '../../../shared/explore/random.ts';

const THEMES = ['beach', 'culture', 'food', 'hiking', 'ski'];
const DAY_MS = 86_400_000;

/** Seeded trips around the present: some full, some departed, some departing soon. */
export function makeTrips(count: number, seed: number, nowMs = Date.now()): Item[] {
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  return Array.from({ length: count }, (_, i) => ({
    id: parseItemId(`trip-${i}`),
    attributes: {
      themes: THEMES.filter(() => random() < 0.4),
      difficulty: whole(4),
      durationDays: 3 + whole(20),
      price: 400 + 25 * whole(80),
      status: ['open', 'guaranteed', 'last_places', 'full'][whole(4)],
      departure: nowMs + (whole(120) - 10) * DAY_MS + 12_345,
      continent: ['Europe', 'Asia'][whole(2)],
      country: ['FR', 'IT', 'JP', 'VN'][whole(4)],
    },
  }));
}

/** Trips that nothing filters and that only the price tells apart: the cheaper the index. */
export const openTrips = (count: number): Item[] =>
  Array.from({ length: count }, (_, i) => ({
    id: parseItemId(`open-${i}`),
    attributes: { status: 'open', price: 100 * (i + 1), themes: ['beach'] },
  }));
