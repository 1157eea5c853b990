/** What drizzle throws: its message is the query with all of its values. */
interface FailedQuery extends Error {
  readonly query: string;
  readonly params: unknown;
  readonly cause: Error;
}

export const isFailedQuery = (error: unknown): error is FailedQuery =>
  error instanceof Error &&
  'query' in error &&
  typeof error.query === 'string' &&
  'params' in error &&
  error.cause instanceof Error;

/**
 * The message of whatever was thrown. Of a query that failed it is why, and not the query: among its values are ids of
 * visitors, and messages are logged and told to those who ask whether the backend is ready.
 */
export function messageOf(error: unknown): string {
  if (isFailedQuery(error)) return messageOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}
