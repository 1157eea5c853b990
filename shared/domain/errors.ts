/** An error that the caller can act on: `code` is stable; `message` names the bad value and the remedy. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details?: unknown;
  /** Whole seconds after which the same request may succeed: the header `Retry-After`. */
  readonly retryAfterS?: number;

  constructor(
    status: number,
    code: string,
    message: string,
    details?: unknown,
    retryAfterS?: number,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfterS = retryAfterS;
  }

  /** The body of every error response: `{code, message, details?}`. */
  toJSON(): { code: string; message: string; details?: unknown } {
    const body = { code: this.code, message: this.message };
    return this.details === undefined ? body : { ...body, details: this.details };
  }
}

/** A 400 `invalid_request`. */
export const invalid = (message: string, details?: unknown) =>
  new ApiError(400, 'invalid_request', message, details);

/** Details that name the part of the body that is refused, such as `arms.1.weight`, in the form in which a schema's findings do: a form says it beside that field. */
export const detailsAt = (path: string, message: string) => [{ path, message }];

/** A 400 `invalid_request` about one part of the body. */
export const invalidAt = (path: string, message: string) =>
  invalid(message, detailsAt(path, message));

/** What `parse` refuses is about this part of the body, unless it says so itself. */
export function partAt<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ApiError) || error.details !== undefined) throw error;
    const { status, code, message } = error;
    throw new ApiError(status, code, message, detailsAt(path, message));
  }
}
