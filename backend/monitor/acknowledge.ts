import { and, eq, isNull } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';

/**
 * Somebody has seen it and looks after it: others need not. The first one stays.
 * @throws ApiError 404 where there is no such alert.
 */
export async function acknowledge(
  store: Store,
  id: number,
  { by, nowMs }: { readonly by: string; readonly nowMs: number },
): Promise<void> {
  const { db } = store;
  const [alert] = await db.select().from(alerts).where(eq(alerts.id, id));
  if (alert === undefined)
    throw new ApiError(
      404,
      'unknown_alert',
      `there is no alert ${id}: "trimtab alerts" lists them`,
    );
  if (alert.acknowledgedAt !== null) return;
  await store.write([
    db
      .update(alerts)
      .set({ acknowledgedBy: by, acknowledgedAt: nowMs })
      .where(and(eq(alerts.id, id), isNull(alerts.acknowledgedAt))),
    recordAudit(store, {
      at: nowMs,
      actor: by,
      action: 'acknowledge alert',
      subject: alert.key,
      details: { kind: alert.kind },
    }),
  ]);
}
