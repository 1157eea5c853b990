import { ApiError } from '../../shared/domain/errors.ts';

export function answer(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Whatever went wrong, as `{code, message, details?}`. What nobody foresaw is logged, never shown. */
export function answerError(error: unknown): Response {
  if (error instanceof ApiError) return answer(error, error.status);
  console.error('unforeseen error', error);
  return answer(
    { code: 'internal', message: 'something went wrong here; the log of the Worker says what' },
    500,
  );
}

export const notFound = (request: Request) =>
  new ApiError(
    404,
    'not_found',
    `there is no ${request.method} ${new URL(request.url).pathname}`.slice(0, 200),
  );
