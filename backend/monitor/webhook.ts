import { signBody, SIGNATURE_HEADER } from '../../shared/domain/ingest-signature.ts';
import type { Alert } from './alerts.ts';

export interface Webhook {
  /** http or https. It may hold a token of its own: it is never logged. */
  readonly url: string;
  readonly secret: string;
}

/** What a notice says: one JSON object, the body of a POST. */
export interface Notice {
  /** The same for every delivery of this notice: a receiver drops what it has already. */
  readonly id: string;
  readonly type: 'opened' | 'recovered';
  readonly alert: Pick<
    Alert,
    'id' | 'key' | 'kind' | 'message' | 'details' | 'openedAt' | 'lastSeenAt' | 'resolvedAt'
  >;
}

const TIMEOUT_MS = 10_000;

/**
 * Sends one notice: JSON, signed as `t=<epoch ms>,v1=<hex HMAC-SHA-256 of "t." + body>` in the signature header, its id
 * in `idempotency-key`.
 * @throws Error unless the answer is 2xx. A redirect is not followed, as it would pass the signature on.
 */
export async function post({ url, secret }: Webhook, notice: Notice, nowMs: number): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify(notice));
  const response = await fetch(url, {
    method: 'POST',
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      'content-type': 'application/json',
      'idempotency-key': notice.id,
      [SIGNATURE_HEADER]: signBody(body, secret, nowMs),
    },
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

export function noticeOf(alert: Alert, type: Notice['type']): Notice {
  const { id, key, kind, message, details, openedAt, lastSeenAt, resolvedAt } = alert;
  return {
    // Row ids start again in a new store; moments do not.
    id: `alert-${id}-${openedAt}-${type}`,
    type,
    alert: { id, key, kind, message, details, openedAt, lastSeenAt, resolvedAt },
  };
}
