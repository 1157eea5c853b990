import type { Hook } from '@hono/zod-openapi';
import type { Env, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { shown } from '../../../shared/domain/shown.ts';
import { FormatError } from '../../../shared/format/bytes.ts';
import { traceOf } from '../../process/trace-of.ts';

/** Every error is answered as `{code, message, details?}`; an unexpected one is logged, and the answer reveals nothing of it. */
export function errorHandler(log: (message: string) => void): ErrorHandler {
  return (error, c) => {
    const known = asApiError(error);
    if (known !== undefined) {
      if (known.retryAfterS !== undefined) c.header('retry-after', String(known.retryAfterS));
      return c.json(known.toJSON(), known.status as ContentfulStatusCode);
    }
    log(`${c.req.method} ${withoutId(c.req.path)}: ${traceOf(error)}`);
    const message = 'an internal error: its details are in the log of the backend';
    return c.json({ code: 'internal', message }, 500);
  };
}

/** Whose data somebody failed to delete must not stay in the log. */
const withoutId = (path: string): string =>
  path.replace(/^(\/v1\/(?:users|sessions)\/)[^/]+/, '$1…');

function asApiError(error: Error): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof FormatError) return new ApiError(400, 'invalid_format', error.message);
  if (error instanceof HTTPException && error.status < 500)
    return new ApiError(
      error.status,
      'invalid_request',
      error.message || 'the request is malformed',
    );
  return undefined;
}

export const notFound: NotFoundHandler = (c) =>
  c.json(
    new ApiError(
      404,
      'not_found',
      `there is no ${c.req.method} ${c.req.path}: see /openapi.json`,
    ).toJSON(),
    404,
  );

/** Zod's findings as one sentence and a list, each with the value that it is about. */
export const refuseInvalid: Hook<unknown, Env, string, unknown> = (result) => {
  if (result.success) return;
  // The validator hands over what it was given, which the type of the hook has only where it passed.
  const { data } = result as { readonly data?: unknown };
  const details = result.error.issues.slice(0, 20).map(({ path, code, message }) => ({
    path: path.join('.'),
    // Unknown keys are named already, and so are values in messages of our own.
    message:
      code === 'unrecognized_keys' || message.includes('but was')
        ? message
        : `${message}, but was ${shown(valueAt(data, path))}`,
  }));
  const [first] = details;
  throw invalid(
    `${result.target}${first?.path ? ` ${first.path}` : ''}: ${first?.message ?? 'invalid'}`,
    details,
  );
};

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    data,
  );
