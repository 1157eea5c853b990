import type { ItemId } from '../../../../shared/domain/ids.ts';
import type { Item } from '../../../../shared/domain/item.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { sampleRank } from '../../../../backend/catalogue/catalogue-sample.ts';
import type { DailySample } from '../../../../backend/catalogue/daily-samples.ts';
import { DAY } from '../../log/support/log.ts';

const THEMES = 'hiking culture food beach wildlife ski family photo desert history'.split(' ');

/** How a day's catalogue differs from the steady one. */
export interface CataloguePlan {
  readonly items?: number;
  /** Of all prices. */
  readonly priceFactor?: number;
  /** Share of items that are others than they were, though alike. */
  readonly replaced?: number;
}

/**
 * The trips of a day. A departure that is over is followed by the next one, so that every day has trips that leave soon
 * and late, in the same shares.
 * @param day number of the day. @param start its first millisecond.
 */
export function tripsOf(
  day: number,
  start: number,
  { items = 400, priceFactor = 1, replaced = 0 }: CataloguePlan = {},
): Item[] {
  return Array.from({ length: items }, (_, i) => {
    const isReplaced = i < replaced * items;
    const random = seededRandom(isReplaced ? 1_000_000 + i : i);
    const below = (n: number) => Math.floor(random() * n);
    const leaves = (((below(300) - day) % 300) + 300) % 300;
    const country = below(12);
    return {
      id: `${isReplaced ? 'other' : 'trip'}-${i}` as ItemId,
      attributes: {
        themes: THEMES.filter(() => random() < 0.3),
        difficulty: 1 + below(5),
        durationDays: 3 + below(18),
        price: Math.round((500 + 10 * below(200)) * priceFactor),
        status: ['open', 'open', 'guaranteed', 'last_places', 'full'][below(5)],
        departure: start + DAY + leaves * DAY,
        continent: `continent-${country % 4}`,
        country: `country-${country}`,
      },
    };
  });
}

/** The sample that the store would keep of these items. */
export function sampleOf(start: number, items: readonly Item[], size = 500): DailySample {
  const sampled = items
    .map((item) => ({ item, rank: sampleRank(item.id) }))
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, size)
    .map(({ item }) => item)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { day: start, items: items.length, table: packItems(smarttrip.columns, sampled) };
}

/** How what a visitor wishes differs from what the steady ones do. */
export interface WishPlan {
  /** Of all budgets. */
  readonly budgetFactor?: number;
  /** Share of visitors who wish the hardest trips. */
  readonly daring?: number;
}

/** What one visitor asks for, at random. */
export function wishOf(
  random: () => number,
  { budgetFactor = 1, daring = 0 }: WishPlan = {},
): Record<string, unknown> {
  const below = (n: number) => Math.floor(random() * n);
  const themes = THEMES.filter(() => random() < 0.2);
  const days = 3 + below(12);
  const country = below(12);
  const difficulty = 1 + below(5);
  return {
    themes,
    difficulty: random() < daring ? 5 : difficulty,
    durationDays: { min: days, max: days + below(5) },
    ...(random() < 0.8 && { budget: Math.round((600 + 100 * below(15)) * budgetFactor) }),
    continents: [`continent-${country % 4}`],
    countries: random() < 0.5 ? [`country-${country}`] : [],
  };
}
