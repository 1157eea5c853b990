import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';

/**
 * Since when feedback may name a ranking whose decision is still on its way, epoch ms by the edge's clock. Decisions and feedback
 * of one session gather in different objects at the edge, and each ships at its own pace, with pauses of its own after
 * failures: which of the two comes first says nothing. Feedback from before has waited long enough: its ranking is lost.
 * @param maxLagMs how far behind the edge ingest may be. While batches come that are older, as after an outage, so much is
 * added as these are late.
 */
export async function awaitedSince(
  db: LibSQLDatabase,
  nowMs: number,
  maxLagMs: number,
): Promise<number> {
  const [{ lagMs }] = await db.all<{ lagMs: number | null }>(sql`
    select max(lagMs) as lagMs from batches where committedAt >= ${nowMs - maxLagMs}`);
  return nowMs - maxLagMs - (lagMs ?? 0);
}
