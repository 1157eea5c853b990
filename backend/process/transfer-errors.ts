import { expose, transferHandlers, wrap } from 'comlink';
import { ApiError } from '../../shared/domain/errors.ts';

interface Thrown {
  readonly value: unknown;
}

/**
 * Errors that a caller can act on cross from a thread as what they are. comlink sends an error's message only, and without its
 * status it would be answered as an internal error. Both ends have comlink from here.
 */
const own = transferHandlers.get('throw')!;
transferHandlers.set('throw', {
  canHandle: (value): value is Thrown => own.canHandle(value),
  serialize(thrown) {
    const { value } = thrown as Thrown;
    if (!(value instanceof ApiError)) return own.serialize(thrown);
    const { status, code, message, details } = value;
    return [{ apiError: { status, code, message, details } }, []];
  },
  deserialize(sent) {
    const { apiError } = sent as {
      apiError?: Pick<ApiError, 'status' | 'code' | 'message' | 'details'>;
    };
    if (apiError === undefined) return own.deserialize(sent);
    const { status, code, message, details } = apiError;
    throw new ApiError(status, code, message, details);
  },
});

export { expose, wrap };
