import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import { erase } from './erase.ts';

interface Naming {
  readonly sessionId?: string;
  readonly userId?: string;
}

/**
 * Deletes sessions that are known to be a deleted user's only now, because the row that says so came in after the
 * deletion. To be called with every row that came in, before those that may be stored are, and again afterwards.
 */
export async function deleteLateSessions(
  store: Store,
  rows: readonly Naming[],
  nowMs: number,
): Promise<void> {
  const named = new Set<string>();
  for (const { sessionId, userId } of rows)
    if (sessionId !== undefined && userId !== undefined)
      named.add(JSON.stringify([userId, sessionId]));
  if (named.size === 0) return;
  const pairs = `[${[...named].join(',')}]`;
  const sessions = sql`
    select p.value ->> 1 as value, u.erasure as ofErasure
    from json_each(${pairs}) p join deleted_users u on u.userId = p.value ->> 0
    where p.value ->> 1 not in (select sessionId from deleted_sessions)`;
  if ((await store.db.all(sessions)).length === 0) return;
  await erase(store, { sessions }, { by: 'backend', kind: 'session' }, nowMs);
}
