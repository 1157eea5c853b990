import { messageOf } from '../../shared/text/message-of.ts';

/** Writes one line to stderr, with the time. */
export const log = (message: string): void =>
  void process.stderr.write(`${new Date().toISOString()} ${message}\n`);

/** Why a request failed: Node's `fetch failed` has the reason of a failed connection in its cause. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const hasCode = typeof cause === 'object' && cause !== null && 'code' in cause;
  return hasCode ? String(cause.code) : messageOf(error);
}
