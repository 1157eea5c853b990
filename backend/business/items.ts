import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { addSums, rateOf, type SessionSums } from '../reports/rate.ts';
import type { Proportion } from '../science/statistics/wilson.ts';
import { servedByDay } from './served.ts';

/** What people did with one item. */
export interface ItemFigures {
  readonly itemId: string;
  readonly shown: number;
  /** Times that it was shown and clicked: two clicks on it in one ranking are one. */
  readonly clicked: number;
  /** `clicked` of `shown`; its interval takes what a visitor was shown on a day as one piece of evidence. */
  readonly clickRate: Proportion;
  /** Of the slots in which it was clicked, counted from 1 over all pages of a list; null where it never was. */
  readonly meanClickedSlot: number | null;
  /** Mean length of a look; null where none was reported. */
  readonly dwellSeconds: number | null;
  readonly saves: number;
  readonly contacts: number;
  /** How often it was said to be of no interest. */
  readonly dismissals: number;
  readonly bookingStarts: number;
  readonly bookings: number;
  readonly revenue: number;
}

interface Shown extends SessionSums {
  readonly slots: number;
}

interface Happened {
  readonly itemId: string;
  readonly type: string;
  readonly n: number;
  readonly values: number;
  readonly valued: number;
}

/** The items that people were shown in a span, the most shown first. @param to exclusive. @param only one item. */
export async function itemFigures(
  db: LibSQLDatabase,
  { from, to }: { readonly from: number; readonly to: number },
  limit: number,
  only?: string,
): Promise<ItemFigures[]> {
  const shown = new Map<string, Shown>();
  const happened = new Map<string, Map<string, Omit<Happened, 'itemId' | 'type'>>>();
  const isAsked = only === undefined ? sql`true` : sql`i.value = ${only}`;
  for await (const served of servedByDay(db, from, to)) {
    const rows = await db.all<Shown & { itemId: string }>(sql`
      select item as itemId, count(*) as sessions, sum(n) as rankings, sum(c) as hits, sum(n * n) as rankingsSquared,
        sum(c * c) as hitsSquared, sum(n * c) as products, sum(slots) as slots
      from (select item, count(*) as n, sum(clicked) as c, sum(clicked * slot) as slots
        from (select r.visitor, i.value as item, i.key + 1 + coalesce(r.pageOffset, 0) as slot, exists (
            select 1 from events e where e.rankingId = r.rankingId and e.type = 'click'
              and e.itemId = i.value and e.fault = '') as clicked
          from ${served} r, json_each(r.itemIds) i where ${isAsked})
        group by item, visitor)
      group by item`);
    for (const { itemId, ...one } of rows) {
      const before = shown.get(itemId);
      shown.set(
        itemId,
        before === undefined ? one : { ...addSums(before, one), slots: before.slots + one.slots },
      );
    }
    const events = await db.all<Happened>(sql`
      select i.itemId, i.type, count(*) as n, coalesce(sum(i.value), 0) as "values", count(i.value) as valued
      from ${served} r cross join events i on i.rankingId = r.rankingId
      where i.fault = '' and i.type in ('dwell', 'save', 'contact', 'not_interested', 'booking_start', 'booking')
        and i.itemId is not null and ${only === undefined ? sql`true` : sql`i.itemId = ${only}`}
      group by 1, 2`);
    for (const { itemId, type, n, values, valued } of events) {
      const types = happened.get(itemId) ?? new Map<string, Omit<Happened, 'itemId' | 'type'>>();
      happened.set(itemId, types);
      const before = types.get(type) ?? { n: 0, values: 0, valued: 0 };
      types.set(type, {
        n: before.n + n,
        values: before.values + values,
        valued: before.valued + valued,
      });
    }
  }
  return [...shown]
    .toSorted(([a, x], [b, y]) => y.rankings - x.rankings || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([itemId, sums]) => {
      const of = (type: string) => happened.get(itemId)?.get(type);
      const dwell = of('dwell');
      return {
        itemId,
        shown: sums.rankings,
        clicked: sums.hits,
        clickRate: rateOf(sums),
        meanClickedSlot: sums.hits === 0 ? null : sums.slots / sums.hits,
        dwellSeconds:
          dwell === undefined || dwell.valued === 0 ? null : dwell.values / dwell.valued / 1000,
        saves: of('save')?.n ?? 0,
        contacts: of('contact')?.n ?? 0,
        dismissals: of('not_interested')?.n ?? 0,
        bookingStarts: of('booking_start')?.n ?? 0,
        bookings: of('booking')?.n ?? 0,
        revenue: of('booking')?.values ?? 0,
      };
    });
}
