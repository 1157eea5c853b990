import { and, desc, gte, isNull, or, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';
import type { Alert } from './alerts.ts';
import { ALERT_KINDS } from './finding.ts';

export interface AlertQuery {
  /** Including alerts that are over. */
  readonly all: boolean;
  /** Epoch ms: only those that opened or recovered since. */
  readonly since?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export const listAlerts = (
  store: Store,
  { all, since, limit }: AlertQuery,
): Promise<Omit<Alert, 'clearSince' | 'noticeAttempts' | 'nextNoticeAt'>[]> =>
  store.db
    .select({
      id: alerts.id,
      key: alerts.key,
      kind: alerts.kind,
      message: alerts.message,
      details: alerts.details,
      openedAt: alerts.openedAt,
      lastSeenAt: alerts.lastSeenAt,
      resolvedAt: alerts.resolvedAt,
      notifiedAt: alerts.notifiedAt,
      recoveryNotifiedAt: alerts.recoveryNotifiedAt,
      acknowledgedBy: alerts.acknowledgedBy,
      acknowledgedAt: alerts.acknowledgedAt,
    })
    .from(alerts)
    .where(
      and(
        all ? undefined : isNull(alerts.resolvedAt),
        since === undefined
          ? undefined
          : or(gte(alerts.openedAt, since), gte(alerts.resolvedAt, since)),
      ),
    )
    .orderBy(desc(alerts.id))
    .limit(limit);

/** How many alerts are open, for every kind; 0 included. */
export async function countOpen(store: Store): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .select({ kind: alerts.kind, count: sql<number>`count(*)` })
    .from(alerts)
    .where(isNull(alerts.resolvedAt))
    .groupBy(alerts.kind);
  const counts = new Map<string, number>(ALERT_KINDS.map((kind) => [kind, 0]));
  for (const { kind, count } of rows) counts.set(kind, count);
  return counts;
}
