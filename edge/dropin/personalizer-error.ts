import { ApiError } from '../../shared/domain/errors.ts';
import { errorResponse, jsonResponse } from '../http/json-response.ts';
import type { Handler } from './only-servers.ts';

/** The codes that Azure documents, by status; others have ours. */
const CODES: Readonly<Record<number, string>> = { 400: 'BadRequest', 404: 'ResourceNotFound' };

/** Answers errors in the form in which Azure's clients read them: `{error: {code, message, innerError: {code}}}`. */
export const withPersonalizerErrors =
  (handle: Handler): Handler =>
  async (...asked) => {
    try {
      return await handle(...asked);
    } catch (error) {
      const own = errorResponse(error);
      const { status } = own;
      const { code, message } =
        error instanceof ApiError
          ? error
          : { code: 'InternalServerError', message: 'an unexpected error occurred' };
      return jsonResponse(
        { error: { code: CODES[status] ?? code, message, innerError: { code } } },
        status,
        Object.fromEntries([...own.headers].filter(([name]) => name !== 'content-type')),
      );
    }
  };
