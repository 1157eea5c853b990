import { and, desc, eq, gte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { decisions } from '../../store/tables.ts';
import { rankingCounts } from './counted.ts';
import type { Span } from './span.ts';

const PAGE = 1000;

/**
 * The items of the rankings under a schema that count, the newest first, page by page.
 * @param most rankings to read. @yields the ids of the items of a page, each once.
 */
export async function* shownItems(
  db: LibSQLDatabase,
  schemaHash: string,
  { from, to }: Span,
  most: number,
): AsyncGenerator<ReadonlySet<string>> {
  // Behind every ranking id.
  let before = { at: to + 1, rankingId: '' };
  for (let read = 0; read < most; read += PAGE) {
    const page = await db
      .select({ at: decisions.at, rankingId: decisions.rankingId, itemIds: decisions.itemIds })
      .from(decisions)
      .where(
        and(
          eq(decisions.schemaHash, schemaHash),
          gte(decisions.at, from),
          sql`(${decisions.at}, ${decisions.rankingId}) < (${before.at}, ${before.rankingId})`,
          rankingCounts(sql`decisions`),
        ),
      )
      .orderBy(desc(decisions.at), desc(decisions.rankingId))
      .limit(PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    yield new Set(page.flatMap(({ itemIds }) => itemIds));
    before = last;
  }
}
