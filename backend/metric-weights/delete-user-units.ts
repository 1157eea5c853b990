import { and, eq, or } from 'drizzle-orm';
import type { Statement, Store } from '../store/open.ts';
import { metricUnits } from '../store/tables.ts';

/** All that is kept of a user to learn metric weights from: the user, and sessions that were known to be theirs. */
export const deleteUserUnits = (store: Store, userId: string): Statement[] => [
  store.db
    .delete(metricUnits)
    .where(
      or(
        eq(metricUnits.userId, userId),
        and(eq(metricUnits.kind, 'user'), eq(metricUnits.unit, userId)),
      ),
    ),
];
