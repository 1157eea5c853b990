import { expose, transferHandlers, wrap } from 'comlink';
import { ApiError } from '../../shared/domain/errors.ts';
import { isFailedQuery, messageOf } from '../../shared/text/message-of.ts';
import { traceOf } from './trace-of.ts';

interface Thrown {
  readonly value: unknown;
}

/** A query that failed crosses as why it did: its own message has all of its values, which may be ids. */
function withoutValues({ value }: Thrown): Thrown {
  if (!isFailedQuery(value)) return { value };
  const told = new Error(messageOf(value));
  told.stack = traceOf(value);
  return { value: told };
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
    if (!(value instanceof ApiError)) return own.serialize(withoutValues(thrown as Thrown));
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
