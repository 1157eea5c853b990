import { and, eq, isNull } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';

/** Open alerts about the quality of the data: until they are over, figures from these data prove nothing. */
export async function dataDoubts(store: Store): Promise<string[]> {
  const open = await store.db
    .select({ message: alerts.message })
    .from(alerts)
    .where(and(eq(alerts.kind, 'data quality'), isNull(alerts.resolvedAt)));
  return open.map(({ message }) => `data in order (${message})`);
}
