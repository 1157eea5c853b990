import { inspect } from 'node:util';
import { isFailedQuery } from '../../shared/text/message-of.ts';

const MAX_QUERY_CHARACTERS = 1000;

/** All that helps to find what threw, for the log: stacks, causes, and the text of a query that failed on one line, but none of its values. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const what = isFailedQuery(error)
    ? `a query failed: ${error.query.replaceAll(/\s+/g, ' ').slice(0, MAX_QUERY_CHARACTERS)}`
    : `${error.name}: ${error.message}`;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const cause = error.cause === undefined ? [] : [`caused by ${traceOf(error.cause)}`];
  return [what, ...frames, ...cause].join('\n');
}
