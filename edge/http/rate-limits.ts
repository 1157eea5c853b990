import { ApiError } from '../../shared/domain/errors.ts';
import { toBase64Url } from '../../shared/domain/base64url.ts';
import { NO_SESSION, type SessionId } from '../../shared/domain/ids.ts';
import { transientHmac } from '../../shared/hash/hmac.ts';
import type { Env } from '../platform/env.ts';
import type { RateLimiter } from '../platform/rate-limiter.ts';
import type { Role, Settings } from '../platform/settings.ts';
import { addressOf } from './address.ts';
import { bearerOf } from './authorize.ts';

/** Each is counted by itself, so that a page that reports much can still rank. */
export type Route = 'rank' | 'events';

/** What a request may bring along. One with more counts as several, so that large ones get around no rate. */
const EVENTS_PER_REQUEST = 50;
const CHARACTERS_PER_REQUEST = 65_536;

/** How many requests one counts as. */
export const requestsFor = (given: {
  readonly events?: number;
  readonly characters: number;
}): number =>
  Math.max(
    1,
    Math.ceil((given.events ?? 0) / EVENTS_PER_REQUEST),
    Math.ceil(given.characters / CHARACTERS_PER_REQUEST),
  );

/** As many bytes of an HMAC as never meet by chance. */
const COUNTER_BYTES = 16;

/** The longest period that a rate limiting binding may have: after it, whatever was counted is forgotten. */
const RETRY_AFTER_S = 60;

/**
 * Refuses what comes faster than people do: per publishable key, address and session. Secret keys are limited by session
 * only, because a site's server asks for all of its visitors from one address. How much is too much is configured with the
 * bindings (`wrangler.toml`); a binding that is absent limits nothing, and one that fails lets everything through.
 */
export class RateLimits {
  readonly #perKey: RateLimiter | undefined;
  readonly #perAddress: RateLimiter | undefined;
  readonly #perSession: RateLimiter | undefined;
  readonly #settings: Settings;

  constructor(env: Env, settings: Settings) {
    this.#settings = settings;
    if (!settings.limitsRates) return;
    this.#perKey = env.RATE_PER_KEY;
    this.#perAddress = env.RATE_PER_ADDRESS;
    this.#perSession = env.RATE_PER_SESSION;
  }

  /**
   * Counts a request by its key and address.
   * @param role what its key is trusted with.
   * @param times how many requests it counts as.
   * @throws TooManyRequests
   */
  async checkCaller(route: Route, request: Request, role: Role, times = 1): Promise<void> {
    if (this.#perKey === undefined && this.#perAddress === undefined) return;
    const key = bearerOf(request);
    if (key === undefined || role === 'secret') return;
    const address = addressOf(request);
    const [keyFits, addressFits] = await Promise.all([
      this.#fits(this.#perKey, `${route} key ${key}`, times),
      address === undefined || this.#fits(this.#perAddress, `${route} address ${address}`, times),
    ]);
    if (!keyFits) throw new TooManyRequests('this key');
    if (!addressFits) throw new TooManyRequests('this address');
  }

  /** Counts a request by its session. @param times how many requests it counts as. @throws TooManyRequests */
  async checkSession(route: Route, session: SessionId, times = 1): Promise<void> {
    if (!(await this.sessionFits(route, session, times))) throw new TooManyRequests('this session');
  }

  /** @param times how many requests it counts as. */
  async sessionFits(route: Route, session: SessionId, times = 1): Promise<boolean> {
    return (
      session === NO_SESSION || this.#fits(this.#perSession, `${route} session ${session}`, times)
    );
  }

  /**
   * A binding may store what it counts by: that of `wrangler dev` keeps a file of each counter. So it gets neither a key nor an
   * address nor an id by which the log knows a session, but a code of them that is used nowhere else.
   */
  async #fits(limiter: RateLimiter | undefined, counted: string, times: number): Promise<boolean> {
    if (limiter === undefined) return true;
    const code = transientHmac(`rates ${this.#settings.tokenSecrets[0]}`, counted);
    return fits(limiter, toBase64Url(code.subarray(0, COUNTER_BYTES)), times);
  }
}

/** What handlers of limited routes need. */
export interface RateLimited {
  readonly rateLimits: RateLimits;
}

/** A 429 `too_many_requests`. */
export class TooManyRequests extends ApiError {
  /** @param what sends too much. */
  constructor(what: string) {
    super(
      429,
      'too_many_requests',
      `too much came from ${what}: send it again in ${RETRY_AFTER_S} seconds`,
      undefined,
      RETRY_AFTER_S,
    );
  }
}

async function fits(
  limiter: RateLimiter | undefined,
  key: string,
  times: number,
): Promise<boolean> {
  if (limiter === undefined) return true;
  try {
    const counted = await Promise.all(Array.from({ length: times }, () => limiter.limit({ key })));
    return counted.every(({ success }) => success);
  } catch (error) {
    console.error('a rate could not be looked up, so the request is let through', error);
    return true;
  }
}
