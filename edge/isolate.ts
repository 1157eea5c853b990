import { DecisionLog } from './collect/decision-log.ts';
import { settingsOf, type Env, type Settings } from './env.ts';
import { crossOrigin, type CrossOrigin } from './http/cross-origin.ts';
import { LastPair } from './rank/last-pair.ts';
import { liveSnapshot, type SnapshotState } from './rank/live-snapshot.ts';
import { liveWeights, type WeightsState } from './rank/live-weights.ts';
import { PinnedScorers } from './rank/pinned-scorers.ts';
import type { Kept } from './rank/kept.ts';

/** What one isolate knows and remembers between requests. */
export interface Isolate {
  readonly env: Env;
  readonly settings: Settings;
  readonly crossOrigin: CrossOrigin;
  readonly weights: Kept<WeightsState>;
  readonly snapshot: Kept<SnapshotState>;
  readonly lastPair: LastPair;
  readonly pinned: PinnedScorers;
  readonly decisions: DecisionLog;
}

const isolates = new WeakMap<Env, Isolate>();

/** @throws ApiError 503 `not_configured`. */
export function isolateOf(env: Env): Isolate {
  let isolate = isolates.get(env);
  if (isolate === undefined) {
    const settings = settingsOf(env);
    isolate = {
      env,
      settings,
      crossOrigin: crossOrigin(settings),
      weights: liveWeights(env, settings),
      snapshot: liveSnapshot(env, settings),
      lastPair: new LastPair(),
      pinned: new PinnedScorers(env),
      decisions: new DecisionLog(env, settings),
    };
    isolates.set(env, isolate);
  }
  return isolate;
}
