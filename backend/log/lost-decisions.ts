import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Span } from './account/span.ts';

/** Decisions of the batches that were committed in a span. */
export interface LostDecisions {
  /** Which the edge said it could not store: their rankings were answered, and feedback on them joins nothing. */
  readonly lost: number;
  readonly logged: number;
}

export async function lostDecisions(
  db: LibSQLDatabase,
  { from, to }: Span,
): Promise<LostDecisions> {
  const [row] = await db.all<LostDecisions>(sql`
    select coalesce(sum(lost), 0) as lost, coalesce(sum(decisions), 0) as logged
    from batches where committedAt between ${from} and ${to}`);
  return row;
}
