import { NotNow } from './channel.ts';

const TIMEOUT_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Posts JSON. A redirect is not followed: it would pass on what was sent, to an address that nobody set. What the receiver answers is
 * not read, but for its status and `retry-after`.
 * @throws Error unless the answer is 2xx; NotNow where it says when to come again.
 */
export async function postJson(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { 'content-type': 'application/json', ...headers },
  });
  await response.body?.cancel();
  if (response.ok) return;
  const problem = `it answered ${response.status}`;
  const waitMs = waitOf(response.headers);
  throw waitMs === undefined ? new Error(problem) : new NotNow(problem, waitMs);
}

/** `retry-after` is in seconds, or a date (RFC 9110, 10.2.3). */
function waitOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  const until = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(until) ? Math.min(LONGEST_WAIT_MS, Math.max(0, until)) : undefined;
}

export const jsonBytes = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(value));
