import { sql } from 'drizzle-orm';
import type { Erasure } from '../../../shared/format/erasure.ts';
import type { Store } from '../../store/open.ts';
import { erase } from './erase.ts';

/**
 * Erases the sessions of visitors who asked for it from their device. To be called when the rows of their batch are stored, and again
 * when the batch is delivered again.
 */
export async function eraseSessions(
  store: Store,
  erasures: readonly Erasure[],
  nowMs: number,
): Promise<void> {
  if (erasures.length === 0) return;
  const ids = JSON.stringify([...new Set(erasures.map(({ sessionId }) => sessionId))]);
  const sessions = sql`
    select value from json_each(${ids}) where value not in (select sessionId from deleted_sessions)`;
  if ((await store.db.all(sessions)).length === 0) return;
  await erase(
    store,
    { sessions },
    { by: 'visitor', action: 'delete session', subject: 'a session' },
    nowMs,
  );
}
