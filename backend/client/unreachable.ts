import { reasonOf } from '../process/logger.ts';

/** The message for a request without an answer: the cause and the remedy. @param error what `fetch` threw. */
export function unreachable(url: string, error: unknown): string {
  const reason = reasonOf(error);
  // Node's fetch waits 5 minutes for the headers of an answer; the backend does not notice that nobody waits any more.
  if (reason === 'UND_ERR_HEADERS_TIMEOUT')
    return `the backend at ${url} did not answer within 5 minutes, and may still be at it: see what came of it before asking again`;
  return `cannot reach the backend at ${url} (${reason}): start it with "npm start", or name another with --backend or TRIMTAB_BACKEND`;
}
