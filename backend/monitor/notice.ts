import type { Alert } from './alerts.ts';
import { severityOf, type Severity } from './severity.ts';

/** What a notice says. The signed webhook is sent it as it is. */
export interface Notice {
  /** The same for every delivery of this notice: a receiver drops what it has already. */
  readonly id: string;
  /** `test` is sent by hand, to see whether a channel works. */
  readonly type: 'opened' | 'recovered' | 'test';
  readonly alert: Pick<
    Alert,
    'id' | 'key' | 'kind' | 'message' | 'details' | 'openedAt' | 'lastSeenAt' | 'resolvedAt'
  > & { readonly severity: Severity };
}

export function noticeOf(alert: Alert, type: 'opened' | 'recovered'): Notice {
  const { id, key, kind, message, details, openedAt, lastSeenAt, resolvedAt } = alert;
  return {
    // Row ids start again in a new store; moments do not.
    id: `alert-${id}-${openedAt}-${type}`,
    type,
    alert: {
      id,
      key,
      kind,
      severity: severityOf(kind),
      message,
      details,
      openedAt,
      lastSeenAt,
      resolvedAt,
    },
  };
}

/** Says that nothing is wrong, in the form of an alert. @param by who asked for it. */
export const testNotice = (by: string, nowMs: number): Notice => ({
  id: `alert-test-${nowMs}`,
  type: 'test',
  alert: {
    id: 0,
    key: 'test',
    kind: 'test',
    severity: 'info',
    message: `this is a test by ${by}: nothing is wrong`,
    details: {},
    openedAt: nowMs,
    lastSeenAt: nowMs,
    resolvedAt: null,
  },
});
