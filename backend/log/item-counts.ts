import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import type { Span } from './account/span.ts';

/** What happened to an item on the closed days of a span. */
export interface ItemCounts {
  readonly itemId: string;
  /** Event type → how many; `shown` as well. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The items that were shown most often, of people alone. */
export async function itemCounts(
  { db }: Pick<Store, 'db'>,
  { from, to }: Span,
  limit: number,
): Promise<ItemCounts[]> {
  const rows = await db.all<{ itemId: string; counts: string }>(sql`
    select itemId, json_group_object(metric, n) as counts,
      coalesce(max(case when metric = 'shown' then n end), 0) as shown
    from (select itemId, metric, sum(count) as n from daily_counts
      where day >= ${from} and day < ${to} group by 1, 2)
    group by 1 order by shown desc, itemId limit ${limit}`);
  return rows.map(({ itemId, counts }) => ({ itemId, counts: JSON.parse(counts) }));
}
