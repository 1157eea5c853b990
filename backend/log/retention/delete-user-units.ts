import { and, eq, inArray, or } from 'drizzle-orm';
import type { Statement, Store } from '../../store/open.ts';
import { decisions, metricUnits } from '../../store/tables.ts';

/**
 * Deletes the units of a user that metric weights are learned from: the user, their sessions, and sessions that somebody
 * else used after them. To be run while the user's rankings are still there.
 */
export const deleteUserUnits = (store: Store, userId: string): Statement[] => [
  store.db
    .delete(metricUnits)
    .where(
      or(
        eq(metricUnits.userId, userId),
        and(eq(metricUnits.kind, 'user'), eq(metricUnits.unit, userId)),
        and(
          eq(metricUnits.kind, 'session'),
          inArray(
            metricUnits.unit,
            store.db
              .select({ sessionId: decisions.sessionId })
              .from(decisions)
              .where(eq(decisions.userId, userId)),
          ),
        ),
      ),
    ),
];
