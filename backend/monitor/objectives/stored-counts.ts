import { max, sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import { objectiveCounts } from '../../store/tables.ts';
import { measure, type Measured } from './measure.ts';
import { SPAN_MS, type Counts } from './objective.ts';

/** What edges logged takes a while to arrive: so much is counted again each time. */
const AGAIN_MS = 3 * SPAN_MS;
/** How far a backend that was away, or has never counted, looks back. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Brings the stored counts up to date. Probes are counted by the backend that asked them, so those of one that has just started
 * never replace the more of the one before.
 */
export async function storeCounts(measured: Measured, nowMs: number): Promise<void> {
  const { store } = measured;
  const [{ newest }] = await store.db
    .select({ newest: max(objectiveCounts.at) })
    .from(objectiveCounts);
  const oldest = nowMs - LONGEST_MS;
  const since = newest === null || newest > nowMs ? oldest : Math.max(oldest, newest - AGAIN_MS);
  const from = since - (since % SPAN_MS);
  const spans = await measure(measured, { from, to: nowMs + 1 });
  await store.write(
    spans.map((span) =>
      store.db
        .insert(objectiveCounts)
        .values(span)
        .onConflictDoUpdate({
          target: [objectiveCounts.objective, objectiveCounts.at],
          set: { good: span.good, total: span.total },
          setWhere: sql`excluded.total >= ${objectiveCounts.total}`,
        }),
    ),
  );
}

/** What each objective has counted in each of the windows that end now, by objective and window. */
export async function readWindows(
  { db }: Pick<Store, 'db'>,
  windowsMs: readonly number[],
  nowMs: number,
): Promise<(objective: string, windowMs: number) => Counts> {
  const begins = windowsMs.map((windowMs) => beginOf(windowMs, nowMs));
  const columns = begins.map(
    (at, i) =>
      sql`sum(case when at >= ${at} then good else 0 end) as ${sql.raw(`good${i}`)}, sum(case when at >= ${at} then total else 0 end) as ${sql.raw(`total${i}`)}`,
  );
  const rows = await db.all<Record<string, number | string>>(sql`
    select objective, ${sql.join(columns, sql`, `)} from objective_counts
    where at >= ${Math.min(...begins)} and at <= ${nowMs} group by objective`);
  const known = new Map(rows.map((row) => [row.objective, row]));
  return (objective, windowMs) => {
    const i = windowsMs.indexOf(windowMs);
    const row = known.get(objective);
    return { good: Number(row?.[`good${i}`] ?? 0), total: Number(row?.[`total${i}`] ?? 0) };
  };
}

/** Whole spans: the one in which the window begins is in it. */
const beginOf = (windowMs: number, nowMs: number): number => {
  const at = nowMs - windowMs;
  return at - (at % SPAN_MS);
};

export interface Stretch extends Counts {
  readonly objective: string;
  /** When it begins, epoch ms. */
  readonly at: number;
}

/** Sums by stretches of `stretchMs` (ms), oldest first. @param to exclusive, as `from` epoch ms. */
export const readStretches = (
  { db }: Pick<Store, 'db'>,
  {
    from,
    to,
    stretchMs,
  }: { readonly from: number; readonly to: number; readonly stretchMs: number },
): Promise<Stretch[]> =>
  db.all<Stretch>(sql`
    select objective, at - at % ${stretchMs} as at, sum(good) as good, sum(total) as total
    from objective_counts where at >= ${from} and at < ${to} group by 1, 2 order by 2`);
