import { crossOrigin, type CrossOrigin } from './http/cross-origin.ts';
import type { Env } from './platform/env.ts';
import { settingsOf, type Configured } from './platform/settings.ts';
import { rankState, type RankState } from './rank/rank-state.ts';

/** Everything that one isolate keeps in memory between requests. */
export interface Isolate extends Configured, RankState {
  readonly crossOrigin: CrossOrigin;
}

const isolates = new WeakMap<Env, Isolate>();

/** @throws ApiError 503 `not_configured`. */
export function isolateOf(env: Env): Isolate {
  let isolate = isolates.get(env);
  if (isolate === undefined) {
    const settings = settingsOf(env);
    isolate = { env, crossOrigin: crossOrigin(settings), ...rankState(env, settings) };
    isolates.set(env, isolate);
  }
  return isolate;
}
