import { reasonOf } from '../process/logger.ts';

/** What to do about a request that got no answer. @param error what `fetch` threw. */
export function unreachable(url: string, error: unknown): string {
  const reason = reasonOf(error);
  // Node's fetch waits 5 minutes for the head of an answer; the backend does not hear that nobody waits.
  if (reason === 'UND_ERR_HEADERS_TIMEOUT')
    return `the backend at ${url} did not answer within 5 minutes, and may still be at it: see what came of it before asking again`;
  return `cannot reach the backend at ${url} (${reason}): start it with "npm start", or name another with --backend or TRIMTAB_BACKEND`;
}
