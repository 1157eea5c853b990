import type { Outbound } from '../outbound/outbound.ts';
import { NotNow } from './channel.ts';

const TIMEOUT_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Posts JSON. A redirect is not followed: it would pass on what was sent, to an address that nobody set. What the receiver answers is
 * not read, but for its status and `retry-after`.
 * @throws Error unless the answer is 2xx; NotNow where it says when to come again.
 */
export async function postJson(
  { request }: Outbound,
  url: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const answer = await request(new URL(url), {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    isOwn: true,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      'user-agent': 'trimtab',
      ...headers,
    },
  });
  answer.destroy();
  const { statusCode: status = 0, headers: answered } = answer;
  if (status >= 200 && status < 300) return;
  const problem = `it answered ${status}`;
  const waitMs = waitOf(answered['retry-after']);
  throw waitMs === undefined ? new Error(problem) : new NotNow(problem, waitMs);
}

/** `retry-after` is in seconds, or a date (RFC 9110, 10.2.3). */
function waitOf(header: string | undefined): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  const until = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(until) ? Math.min(LONGEST_WAIT_MS, Math.max(0, until)) : undefined;
}

export const jsonBytes = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(value));
