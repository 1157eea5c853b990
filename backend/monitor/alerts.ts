import { and, eq, isNull } from 'drizzle-orm';
import type { Statement, Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';
import type { AlertKind, Finding } from './finding.ts';

export type Alert = typeof alerts.$inferSelect;

/** What one check changed. */
export interface ChangedAlerts {
  readonly opened: readonly Finding[];
  readonly recovered: readonly Alert[];
}

export interface UpdateOptions {
  /** Keys that could not be checked for want of data: their alerts stay as they are. */
  readonly unknown?: readonly string[];
  /** How long a condition must have been absent, at every check, before its alert counts as recovered. */
  readonly clearMs: number;
}

/**
 * Brings the alerts up to date with what was found, in one transaction. A condition opens one alert, which stays open
 * while the condition lasts. An open alert of a checked kind whose condition is not found any more recovers once it has
 * been absent for `clearMs`, so that a condition that comes and goes is one alert. The store holds at most one open
 * alert per key: of two backends that find the same condition, only one gets it back as opened or recovered.
 */
export async function updateAlerts(
  store: Store,
  findings: readonly Finding[],
  checked: readonly AlertKind[],
  nowMs: number,
  { unknown = [], clearMs }: UpdateOptions,
): Promise<ChangedAlerts> {
  const { db } = store;
  const open = await db.select().from(alerts).where(isNull(alerts.resolvedAt));
  const staysOpen = new Set([...findings.map(({ key }) => key), ...unknown]);
  const gone = open.filter(
    ({ key, kind }) => !staysOpen.has(key) && (checked as readonly string[]).includes(kind),
  );
  const inserts = findings.map((finding) => insert(store, finding, nowMs));
  const seen = findings.map(({ key, message, details }) =>
    db
      .update(alerts)
      .set({ message, details, lastSeenAt: nowMs, clearSince: null })
      .where(and(eq(alerts.key, key), isNull(alerts.resolvedAt))),
  );
  /** A time from the future, which a clock that was wrong left, is none. */
  const since = ({ clearSince }: Alert) =>
    clearSince !== null && clearSince <= nowMs ? clearSince : undefined;
  const isOver = (alert: Alert) => clearMs === 0 || nowMs - (since(alert) ?? nowMs) >= clearMs;
  const cleared = gone.map((alert) => {
    const { id, clearSince } = alert;
    // Only if it is still as it was read: an alert whose condition another backend has found again is not closed.
    const asRead =
      clearSince === null ? isNull(alerts.clearSince) : eq(alerts.clearSince, clearSince);
    return db
      .update(alerts)
      .set(isOver(alert) ? { resolvedAt: nowMs } : { clearSince: since(alert) ?? nowMs })
      .where(and(eq(alerts.id, id), isNull(alerts.resolvedAt), asRead));
  });
  const affected = await store.write([...inserts, ...seen, ...cleared]);
  const clearings = affected.slice(inserts.length + seen.length);
  return {
    opened: findings.filter((_, i) => affected[i] === 1),
    recovered: gone.filter((alert, i) => isOver(alert) && clearings[i] === 1),
  };
}

const insert = (store: Store, { key, kind, message, details }: Finding, nowMs: number): Statement =>
  store.db
    .insert(alerts)
    .values({ key, kind, message, details, openedAt: nowMs, lastSeenAt: nowMs })
    .onConflictDoNothing();
