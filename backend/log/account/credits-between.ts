import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { creditedOutcomes } from './counted.ts';
import type { Span } from './span.ts';

/** Ranking → item → `outcome.<metric>` → value. */
export type Credits = ReadonlyMap<string, ReadonlyMap<string, Readonly<Record<string, number>>>>;

/** Outcomes that were credited to items. @param span of their rankings. */
export async function creditsBetween(
  db: LibSQLDatabase,
  { from, to }: Span,
  attributionMs: number,
): Promise<Credits> {
  const rows = await db.all<Record<'ranking' | 'item' | 'metric', string> & { value: number }>(sql`
    select creditedRanking as ranking, creditedItem as item, metric, value
    from ${creditedOutcomes} where creditedRanking is not null
      and at between ${from} and ${to + attributionMs} order by at, outcomeId`);
  const credits = new Map<string, Map<string, Record<string, number>>>();
  for (const { ranking, item, metric, value } of rows) {
    const ofRanking = credits.get(ranking) ?? new Map<string, Record<string, number>>();
    credits.set(ranking, ofRanking);
    const ofItem = ofRanking.get(item) ?? {};
    ofRanking.set(item, ofItem);
    const column = `outcome.${metric}`;
    ofItem[column] = (ofItem[column] ?? 0) + value;
  }
  return credits;
}
