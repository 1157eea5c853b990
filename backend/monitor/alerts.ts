import { and, eq, isNull } from 'drizzle-orm';
import type { Statement, Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';
import type { AlertKind, Finding } from './finding.ts';

export type Alert = typeof alerts.$inferSelect;

/** What one observation changed. */
export interface Changed {
  readonly opened: readonly Finding[];
  readonly recovered: readonly Alert[];
}

export interface ObserveOptions {
  /** Keys that could not be told: their alerts stay as they are. */
  readonly untold?: readonly string[];
  /** How long a condition must have been gone, at every check, before its alert counts as recovered. */
  readonly clearMs: number;
}

/**
 * Brings the alerts up to date with what was found, in one transaction: a condition opens one alert and keeps it open
 * while it lasts; one of a checked kind that is not found any more recovers once it was gone for `clearMs`, so that
 * one that comes and goes stays one alert. The store holds at most one open alert per key, so two backends that
 * observe the same open and close it once: only one of them is told that it did.
 */
export async function observe(
  store: Store,
  findings: readonly Finding[],
  checked: readonly AlertKind[],
  nowMs: number,
  { untold = [], clearMs }: ObserveOptions,
): Promise<Changed> {
  const { db } = store;
  const open = await db.select().from(alerts).where(isNull(alerts.resolvedAt));
  const stands = new Set([...findings.map(({ key }) => key), ...untold]);
  const gone = open.filter(
    ({ key, kind }) => !stands.has(key) && (checked as readonly string[]).includes(kind),
  );
  const inserts = findings.map((finding) => insert(store, finding, nowMs));
  const seen = findings.map(({ key, message, details }) =>
    db
      .update(alerts)
      .set({ message, details, lastSeenAt: nowMs, clearSince: null })
      .where(and(eq(alerts.key, key), isNull(alerts.resolvedAt))),
  );
  const isOver = ({ clearSince }: Alert) =>
    clearMs === 0 || (clearSince !== null && nowMs - clearSince >= clearMs);
  const cleared = gone.map((alert) => {
    const { id, clearSince } = alert;
    // As it was read: what another backend has found again meanwhile is not closed.
    const asRead =
      clearSince === null ? isNull(alerts.clearSince) : eq(alerts.clearSince, clearSince);
    return db
      .update(alerts)
      .set(
        isOver(alert)
          ? { resolvedAt: nowMs, noticeAttempts: 0, nextNoticeAt: 0 }
          : { clearSince: clearSince ?? nowMs },
      )
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
