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
