import { messageOf } from '../../shared/text/message-of.ts';

/** One line on stderr, when and what. */
export const log = (message: string): void =>
  void process.stderr.write(`${new Date().toISOString()} ${message}\n`);

/** Node hides why a connection failed in the cause of a "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const hasCode = typeof cause === 'object' && cause !== null && 'code' in cause;
  return hasCode ? String(cause.code) : messageOf(error);
}
