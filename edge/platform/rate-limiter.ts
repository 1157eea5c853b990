/**
 * The part of Workers' rate limiting binding that is used: counts the calls with a key in the current period, and says
 * whether there were too many. `edge/selfhost/rate-limiter.ts` does the same for workerd outside of Cloudflare.
 */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}
