import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { borrowStore } from '../../../support/borrow-store.ts';
import { DAY, happened, rankingOf } from '../support/log.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const [ASKING, OTHER] = ['asking', 'other'].map(parseSessionId);

test('a session whose visitor asks for it is erased, with what arrives later of it, and nothing else', async () => {
  const store = await borrowStore();
  try {
    const ranking = (id: string, sessionId = ASKING, userId?: string) =>
      rankingOf(id, NOW, { sessionId, ...(userId && { userId: parseUserId(userId) }) });
    const [own, others, loggedIn, late] = [
      ranking('own'),
      ranking('others', OTHER),
      ranking('logged-in', ASKING, 'a-user'),
      ranking('late'),
    ];
    const click = (decision: typeof own) => happened(decision, 'click', { afterMs: 1000 });
    const rows = async () => {
      const found = await store.db.all<{ id: string }>(
        sql`select rankingId as id from decisions union all select rankingId from events order by 1`,
      );
      return found.map(({ id }) => id);
    };
    const decisions = [own, others, loggedIn];
    await ingest(store, { batchId: 'before', decisions, events: decisions.map(click) }, NOW);
    expect(await rows()).toHaveLength(6);
    // Its own batch brings more of the session.
    const asks = {
      batchId: 'asks',
      decisions: [ranking('beside')],
      events: [],
      erasures: [{ type: 'erase', sessionId: ASKING } as const],
    };
    await ingest(store, asks, NOW);
    const left = ['logged-in', 'logged-in', 'others', 'others'];
    expect(await rows()).toEqual(left);
    await ingest(store, asks, NOW);
    await ingest(store, { batchId: 'late', decisions: [late], events: [click(late)] }, NOW);
    expect(await rows()).toEqual(left);
    // Who asks again is heard again, once: what they did since may still arrive for as long as after the first time.
    const tombstone = async () => {
      const [row] = await store.db.all<{ at: number }>(
        sql`select deletedAt as at from deleted_sessions where sessionId = ${ASKING}`,
      );
      return row.at;
    };
    expect(await tombstone()).toBeLessThan(NOW + DAY);
    const again = {
      batchId: 'again',
      decisions: [],
      events: [],
      erasures: [{ type: 'erase', sessionId: ASKING, receivedAt: NOW + 3 * DAY } as const],
    };
    await ingest(store, again, NOW + 3 * DAY);
    expect(await tombstone()).toBe(NOW + 3 * DAY);
    await ingest(store, again, NOW + 4 * DAY);
    expect(await tombstone()).toBe(NOW + 3 * DAY);
    const audit = await store.db.all<{ actor: string }>(
      sql`select actor from audit where action = 'delete session'`,
    );
    expect(audit).toEqual([{ actor: 'visitor' }, { actor: 'visitor' }]);
  } finally {
    await store.close();
  }
});
