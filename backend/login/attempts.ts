import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../../shared/domain/errors.ts';

/** Of all addresses together: behind a proxy everybody has one, so that this is not much more than one may. */
const ADDRESSES = 10;

/**
 * Bounds how often somebody may try to sign in. Tokens have 256 bits, which no number of tries finds: this bounds the work that
 * tries cause, and what they write into the log.
 */
export function attemptsOf(perMinute: number) {
  const each = new RateLimiterMemory({ points: perMinute, duration: 60 });
  const all = new RateLimiterMemory({ points: perMinute * ADDRESSES, duration: 60 });
  return {
    /** @throws ApiError 429 saying in how many seconds to try again. */
    async count(address: string): Promise<void> {
      try {
        await each.consume(address);
        await all.consume('all');
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
        throw new ApiError(
          429,
          'too_many_attempts',
          `too many tries to sign in: try again in ${seconds} s`,
        );
      }
    },
  };
}
