import { and, eq, isNull } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';

/** What is known to be wrong with the data themselves: figures from them prove nothing until it is over. */
export async function dataDoubts(store: Store): Promise<string[]> {
  const open = await store.db
    .select({ message: alerts.message })
    .from(alerts)
    .where(and(eq(alerts.kind, 'data quality'), isNull(alerts.resolvedAt)));
  return open.map(({ message }) => `data in order (${message})`);
}
