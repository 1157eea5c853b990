import { and, asc, gte, lt, lte, max, sql } from 'drizzle-orm';
import { saysLate } from '../log/account/not-shown.ts';
import type { Store } from '../store/open.ts';
import { visitorLatency } from '../store/tables.ts';

/** How long visitors' pages waited for rankings, as they said. */
export interface Timings {
  /** [ms, pages that waited for so long], by ms. */
  readonly counts: readonly (readonly [ms: number, pages: number])[];
  readonly timings: number;
  /** Of those: the page had given up and kept its own order. */
  readonly late: number;
}

export interface LatencyHour {
  /** Epoch ms. */
  readonly hour: number;
  readonly timings: number;
  readonly late: number;
  /** ms; null without timings. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const HOUR_MS = 3_600_000;
/** A week is what a slow hour is compared with, so nothing older is computed anew. */
const BACK_HOURS = 7 * 24;

/** Events that the edge received in [from, to), in whole milliseconds. What the account does not count is left out. */
export async function readTimings(
  { db }: Pick<Store, 'db'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Timings> {
  const rows = await db.all<{ ms: number; pages: number; late: number }>(sql`
    select cast(round(value) as integer) as ms, count(*) as pages,
      sum(${sql.raw(saysLate('events'))}) as late
    from events
    where receivedAt >= ${from} and receivedAt < ${to}
      and type = 'timing' and value is not null and coalesce(fault, '') = ''
    group by 1 order by 1`);
  return {
    counts: rows.map(({ ms, pages }) => [ms, pages]),
    timings: rows.reduce((sum, { pages }) => sum + pages, 0),
    late: rows.reduce((sum, { late }) => sum + late, 0),
  };
}

/** Nearest rank. @param share 0.95 for p95. @returns ms; null without timings. */
export function percentileOf({ counts, timings }: Timings, share: number): number | null {
  let rank = Math.max(1, Math.ceil(share * timings));
  for (const [ms, pages] of counts) {
    rank -= pages;
    if (rank <= 0) return ms;
  }
  return null;
}

/** How many waited for longer than a bound, ms. */
export const slowerThan = ({ counts }: Timings, bound: number): number =>
  counts.reduce((sum, [ms, pages]) => (ms > bound ? sum + pages : sum), 0);

/**
 * Brings the stored hours up to date. The current hour and the one before are computed again each time, as what edges received
 * takes minutes to arrive; what arrives later than that is in the log and not in these figures. A backend that was away catches up on a week.
 */
export async function storeLatency(store: Store, nowMs: number): Promise<void> {
  const current = nowMs - (nowMs % HOUR_MS);
  const [{ newest }] = await store.db
    .select({ newest: max(visitorLatency.hour) })
    .from(visitorLatency)
    .where(lte(visitorLatency.hour, current));
  const oldest = current - BACK_HOURS * HOUR_MS;
  const from = Math.max(oldest, newest === null ? oldest : newest - HOUR_MS);
  for (let hour = from; hour <= current; hour += HOUR_MS) {
    const found = await readTimings(store, { from: hour, to: hour + HOUR_MS });
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentileOf(found, share));
    const figures = { timings: found.timings, late: found.late, p50, p95, p99 };
    await store.write([
      store.db
        .insert(visitorLatency)
        .values({ hour, ...figures })
        .onConflictDoUpdate({ target: visitorLatency.hour, set: figures }),
    ]);
  }
}

/** Stored hours that begin in [from, to), oldest first. Hours that were never computed are missing. */
export const readLatencyHours = (
  { db }: Pick<Store, 'db'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LatencyHour[]> =>
  db
    .select()
    .from(visitorLatency)
    .where(and(gte(visitorLatency.hour, from), lt(visitorLatency.hour, to)))
    .orderBy(asc(visitorLatency.hour));
