import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../../shared/domain/errors.ts';

/** Enough for five thousand items of 1.5 kB. */
const ITEMS_BYTES = 8 * 1024 * 1024;
/** A sealed batch is 1.5 MB today. */
const INGEST_BYTES = 4 * 1024 * 1024;
const OTHER_BYTES = 2 * 1024 * 1024;

/** Refuses a body that is too large before it is read to the end. */
export function limitBodies(): MiddlewareHandler {
  const items = limit(ITEMS_BYTES);
  const ingest = limit(INGEST_BYTES);
  const other = limit(OTHER_BYTES);
  return (c, next) => {
    if (c.req.path === '/v1/items' || c.req.path === '/v1/items/changes') return items(c, next);
    return c.req.path === '/v1/ingest' ? ingest(c, next) : other(c, next);
  };
}

const limit = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new ApiError(
        413,
        'too_large',
        `the body may have ${maxSize} bytes at most on this path: send it in parts`,
      );
    },
  });
