import { sql } from 'drizzle-orm';
import type { Erasure } from '../../../shared/format/erasure.ts';
import type { Store } from '../../store/open.ts';
import { erase } from './erase.ts';

/**
 * Erases the sessions of visitors who asked for it from their device. To be called before the rows of their batch are stored: those of
 * the sessions are left out then.
 */
export async function eraseSessions(
  store: Store,
  erasures: readonly Erasure[],
  nowMs: number,
): Promise<void> {
  if (erasures.length === 0) return;
  const asked = JSON.stringify(
    erasures.map(({ sessionId, receivedAt }) => [sessionId, receivedAt ?? 0]),
  );
  // A tombstone from before they asked is no answer to it: what they did since may still arrive.
  const sessions = sql`
    select a.value ->> 0 as value, null as ofErasure from json_each(${asked}) a
    where not exists (select 1 from deleted_sessions d
      where d.sessionId = a.value ->> 0 and d.deletedAt >= (a.value ->> 1))`;
  if ((await store.db.all(sessions)).length === 0) return;
  await erase(store, { sessions }, { by: 'visitor', kind: 'session' }, nowMs);
}
