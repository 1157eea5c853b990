import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Proportion } from '../science/statistics/wilson.ts';
import type { Store } from '../store/open.ts';
import { boundsOf, DAY_MS, dayOf } from '../../shared/domain/utc-day.ts';
import { searchesBy } from '../log/account/count-searches.ts';
import { cameSoon } from '../monitor/feedback-window.ts';
import { rateOf } from './rate.ts';

interface VersionCounts {
  readonly version: string;
  readonly sessions: number;
  /** Searches: a list with its further pages is one. So are those below, on whichever page it was. */
  readonly rankings: number;
  readonly degraded: number;
  readonly clicked: number;
  readonly booked: number;
}

/** What a version served in a month, and what followed. */
export interface VersionFigures extends VersionCounts {
  readonly clickThrough: Proportion;
  readonly bookings: Proportion;
  readonly days: readonly VersionDay[];
}

export interface VersionDay {
  readonly day: string;
  readonly rankings: number;
  readonly clicked: number;
  readonly booked: number;
}

interface SessionDay extends VersionCounts {
  readonly rankingsSquared: number;
  readonly clickedSquared: number;
  readonly bookedSquared: number;
  readonly clickedProducts: number;
  readonly bookedProducts: number;
}

/**
 * The figures of each version between two times, of what it served people, by the account. A session counts once per day
 * on which it ranked.
 * @param to exclusive.
 */
export async function versionsBetween(
  store: Store,
  from: number,
  to: number,
): Promise<VersionFigures[]> {
  const totals = new Map<string, { sums: SessionDay; days: VersionDay[] }>();
  // One read per day, after which other work gets a turn: the driver blocks the thread while it reads.
  for (let start = from; start < to; start += DAY_MS) {
    const day = dayOf(start);
    for (const row of await readDay(store, day)) {
      const { version, rankings, clicked, booked } = row;
      const before = totals.get(version);
      totals.set(version, {
        sums: before === undefined ? row : added(before.sums, row),
        days: [...(before?.days ?? []), { day, rankings, clicked, booked }],
      });
    }
    await nextTurn();
  }
  return [...totals.values()]
    .map(({ sums, days }) => figuresOf(sums, days))
    .toSorted((a, b) => b.rankings - a.rankings || (a.version < b.version ? -1 : 1));
}

async function readDay(store: Store, day: string): Promise<SessionDay[]> {
  const { from, to } = boundsOf(day);
  return store.db.all<SessionDay>(sql`
    select version, count(*) as sessions, sum(r) as rankings, sum(d) as degraded,
      sum(c) as clicked, sum(b) as booked, sum(r * r) as rankingsSquared,
      sum(c * c) as clickedSquared, sum(b * b) as bookedSquared,
      sum(r * c) as clickedProducts, sum(r * b) as bookedProducts
    from (select rankings as r, * from (${await searchesBy(store.db, {
      groups: { version: (row) => sql`${row}.weights`, session: (row) => sql`${row}.sessionId` },
      where: (row) => sql`${row}.at between ${from} and ${to} and not ${row}.siteOrder`,
      fulfils: {
        d: (row) => sql`${row}.degraded`,
        c: cameSoon('click'),
        b: cameSoon('booking'),
      },
    })}))
    group by version`);
}

function added(a: SessionDay, b: SessionDay): SessionDay {
  const sums = Object.entries(b).map(([name, value]) => [
    name,
    typeof value === 'number' ? value + (a[name as keyof SessionDay] as number) : value,
  ]);
  return Object.fromEntries(sums) as SessionDay;
}

function figuresOf(sums: SessionDay, days: readonly VersionDay[]): VersionFigures {
  const { version, sessions, rankings, degraded, clicked, booked, rankingsSquared } = sums;
  return {
    version,
    sessions,
    rankings,
    degraded,
    clicked,
    booked,
    clickThrough: rateOf({
      sessions,
      rankings,
      hits: clicked,
      rankingsSquared,
      hitsSquared: sums.clickedSquared,
      products: sums.clickedProducts,
    }),
    bookings: rateOf({
      sessions,
      rankings,
      hits: booked,
      rankingsSquared,
      hitsSquared: sums.bookedSquared,
      products: sums.bookedProducts,
    }),
    days,
  };
}
