import { sql } from 'drizzle-orm';
import { searchesBy } from '../log/account/count-searches.ts';
import { cameOf } from '../log/account/counted.ts';
import type { Store } from '../store/open.ts';
import { wilson, type Proportion } from '../science/statistics/wilson.ts';

/** `rate` is the share of searches in which something was clicked: at most one click per list counts, which with its further pages is one. */
export interface ClickThrough extends Proportion {
  readonly version: string;
  readonly rankings: number;
  readonly clicked: number;
}

export interface DailyClickThrough extends ClickThrough {
  /** `2026-11-22`, UTC. */
  readonly day: string;
}

export interface ClickQuery {
  /** Epoch ms, inclusive. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
  readonly versions?: readonly string[];
}

/**
 * Click-through per version and day of what people were served in a window, by the account: bring it up to date first. Where the
 * site's own order was kept, no version served it.
 */
export async function clicksByDay(
  { db }: Pick<Store, 'db'>,
  { from, to, versions }: ClickQuery,
): Promise<DailyClickThrough[]> {
  const rows = await db.all<
    Pick<DailyClickThrough, 'version' | 'day' | 'rankings' | 'clicked'>
  >(sql`
    ${await searchesBy(db, {
      groups: {
        version: (row) => sql`${row}.weights`,
        day: (row) => sql`date(${row}.at / 1000, 'unixepoch')`,
      },
      where: (row) => sql`${row}.at >= ${from} and ${row}.at < ${to} and not ${row}.siteOrder
        and ${
          versions === undefined
            ? sql`true`
            : sql`${row}.weights in (select value from json_each(${JSON.stringify(versions)}))`
        }`,
      fulfils: { clicked: (row) => cameOf('click', row) },
    })}
    order by version, day`);
  return rows.map((row) => Object.assign(row, wilson(row.clicked, row.rankings)));
}

/** Adds the days up, per version. */
export function clicksByVersion(days: readonly DailyClickThrough[]): ClickThrough[] {
  const totals = new Map<string, { rankings: number; clicked: number }>();
  for (const { version, rankings, clicked } of days) {
    const total = totals.get(version) ?? { rankings: 0, clicked: 0 };
    totals.set(version, { rankings: total.rankings + rankings, clicked: total.clicked + clicked });
  }
  return [...totals].map(([version, { rankings, clicked }]) =>
    Object.assign({ version, rankings, clicked }, wilson(clicked, rankings)),
  );
}
