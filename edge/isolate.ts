import { crossOrigin, type CrossOrigin } from './http/cross-origin.ts';
import type { Guarded } from './http/authorize.ts';
import { NamedKeys } from './http/named-keys.ts';
import { RateLimits, type RateLimited } from './http/rate-limits.ts';
import type { Env } from './platform/env.ts';
import { Tracing } from './platform/tracing.ts';
import { settingsOf, type Configured, type Settings } from './platform/settings.ts';
import { rankState, type RankState } from './rank/rank-state.ts';

/** Everything that one isolate keeps in memory between requests. */
export interface Isolate extends Configured, Guarded, RankState, RateLimited {
  readonly settings: Settings;
  readonly crossOrigin: CrossOrigin;
}

const isolates = new WeakMap<Env, Isolate>();

/** @throws ApiError 503 `not_configured`. */
export function isolateOf(env: Env): Isolate {
  let isolate = isolates.get(env);
  if (isolate === undefined) {
    const settings = settingsOf(env);
    const tracing = settings.traces && new Tracing(settings.traces);
    isolate = {
      env,
      crossOrigin: crossOrigin(settings),
      keys: new NamedKeys(env, settings),
      rateLimits: new RateLimits(env, settings),
      ...rankState(env, settings, tracing),
    };
    isolates.set(env, isolate);
  }
  return isolate;
}
