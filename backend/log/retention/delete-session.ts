import { sql } from 'drizzle-orm';
import type { SessionId } from '../../../shared/domain/ids.ts';
import type { Store } from '../../store/open.ts';
import { erase, type DeletedRows } from './erase.ts';

/**
 * Deletes what a visitor did in a session without being logged in, which is all that is known of most visitors. What a
 * user did in it is the user's, and goes with the user.
 */
export const deleteSession = (
  store: Store,
  sessionId: SessionId,
  by: string,
  nowMs: number,
): Promise<DeletedRows & { readonly id: string }> =>
  erase(
    store,
    { sessions: sql`select ${sessionId} as value, null as ofErasure` },
    { by, kind: 'session' },
    nowMs,
  );
