import type { Version } from '../../shared/domain/ids.ts';
import { adoptWeights, timely, type LoadedWeights } from './adopt-weights.ts';
import { readScorer } from './read-scorer.ts';
import type { TrafficAsk } from './traffic.ts';

/**
 * The weights of an arm, by the first that has its version: its LiveWeights, memory, KV.
 * @throws Error that says why none has.
 */
export async function armWeights(
  { env, settings, cell, previous }: TrafficAsk,
  key: string,
  version: Version,
  champion: LoadedWeights,
): Promise<LoadedWeights> {
  const before = previous?.arms.get(key);
  try {
    const { scorer, delta, tag } = await timely(adoptWeights(env, cell, key, before ?? champion));
    // The object may not have seen the pointer yet that names this version.
    if (scorer.version === version) return { scorer, delta, tag };
  } catch {
    // The next source says what is wrong, if it is the version.
  }
  const known = armInMemory(before, version, champion);
  if (known !== undefined) return known;
  const { scorer } = await timely(readScorer(env.WEIGHTS, version, settings.kvCacheTtlS));
  return { scorer, delta: 0 };
}

/** @param before what the arm had. */
export function armInMemory(
  before: LoadedWeights | undefined,
  version: Version,
  champion: LoadedWeights,
): LoadedWeights | undefined {
  if (before?.scorer.version === version) return before;
  // With deltas it is no longer what the arm starts from.
  return champion.scorer.version === version && champion.delta === 0 ? champion : undefined;
}
