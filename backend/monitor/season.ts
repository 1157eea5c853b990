import type { Shift } from './drift.ts';
import type { World } from './world.ts';

/** A shift that is as it was on a day before. */
export interface Seasonal {
  readonly shift: Shift;
  readonly like: 'last week' | 'last year';
}

/** Days that tell a season from drift, read where there is a shift; undefined of those without enough visitors. */
export interface SeasonDays {
  /** 364 days before: the same weekday. */
  readonly yearAgo: () => Promise<World | undefined>;
  readonly weekAgo: () => Promise<World | undefined>;
  /** The six days since then. */
  readonly between: readonly (() => Promise<World | undefined>)[];
  /** What an alert has named that was over before this day was looked at, since what the champion learned from began. */
  readonly alerted: () => Promise<ReadonlySet<string>>;
}

/**
 * Season is what comes back. A shift of a day from the reference is season
 * - like last year, if 364 days before it the same thing had shifted from the reference too, and does not differ between
 *   that day and this one;
 * - like last week, if both hold of the day a week before, on some day in between it had not shifted, and it was alerted. A
 *   change that came to stay is there on every day in between: it stays drift, however old it gets, until a champion has learned
 *   from it. One of a single weekday is an alert once, even where nobody looked at its first day, where that was like last year,
 *   or where it is as old as the last champion and the one of now is an older one.
 * @param between gives the shifts from one world to another, by what of.
 */
export async function withoutSeason(
  shifts: readonly Shift[],
  reference: World,
  current: World,
  days: SeasonDays,
  between: (from: World, to: World) => ReadonlySet<string>,
): Promise<{ drifted: Shift[]; seasonal: Seasonal[] }> {
  let drifted = [...shifts];
  const seasonal: Seasonal[] = [];
  const take = (like: Seasonal['like'], isLike: (of: string) => boolean) => {
    seasonal.push(
      ...drifted.filter(({ of }) => isLike(of)).map((shift): Seasonal => ({ shift, like })),
    );
    drifted = drifted.filter(({ of }) => !isLike(of));
  };
  const alike = (then: World) => {
    const [shifted, differs] = [between(reference, then), between(then, current)];
    return (of: string) => shifted.has(of) && !differs.has(of);
  };
  const yearAgo = drifted.length > 0 ? await days.yearAgo() : undefined;
  if (yearAgo !== undefined) take('last year', alike(yearAgo));
  const weekAgo = drifted.length > 0 ? await days.weekAgo() : undefined;
  if (weekAgo !== undefined) {
    const isAlike = alike(weekAgo);
    const alerted = await days.alerted();
    const isLike = (of: string) => alerted.has(of) && isAlike(of);
    for (const day of days.between) {
      if (!drifted.some(({ of }) => isLike(of))) break;
      const world = await day();
      if (world === undefined) continue;
      const shifted = between(reference, world);
      take('last week', (of) => isLike(of) && !shifted.has(of));
    }
  }
  return { drifted, seasonal };
}
