import { ApiError } from '../../shared/domain/errors.ts';

export function jsonResponse(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/**
 * Any error as `{code, message, details?}`. Details of an unexpected error are logged and never sent to the caller.
 */
export function errorResponse(error: unknown): Response {
  if (error instanceof ApiError) return jsonResponse(error, error.status, retryAfter(error));
  console.error('unexpected error', error);
  return jsonResponse(
    { code: 'internal', message: 'an unexpected error occurred; see the log of the Worker' },
    500,
  );
}

/** Pages of other origins read the header only if they are allowed to. */
const retryAfter = ({ retryAfterS }: ApiError): Record<string, string> =>
  retryAfterS === undefined
    ? {}
    : { 'retry-after': String(retryAfterS), 'access-control-expose-headers': 'retry-after' };

export const notFound = (request: Request) =>
  new ApiError(
    404,
    'not_found',
    `there is no ${request.method} ${new URL(request.url).pathname}`.slice(0, 200),
  );
