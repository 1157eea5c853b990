import type { Version } from '../../shared/domain/ids.ts';
import { readScorer } from '../artifacts/read-scorer.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { adoptWeights, type LoadedWeights } from './adopt-weights.ts';

/** Where the weights of arms are looked for. */
export interface ArmSources {
  readonly env: Env;
  readonly settings: Settings;
  readonly cell: string;
  /** What was served until now, by arm key. */
  readonly previous: { readonly arms: ReadonlyMap<string, LoadedWeights> } | undefined;
}

/**
 * The weights of an arm, from the first source that has its version: the arm's LiveWeights object, memory, KV.
 * @throws Error that says why no source has it.
 */
export async function armWeights(
  { env, settings, cell, previous }: ArmSources,
  key: string,
  version: Version,
  champion: LoadedWeights,
): Promise<LoadedWeights> {
  const before = previous?.arms.get(key);
  try {
    const {
      pointer: _,
      problem: __,
      ...adopted
    } = await withSourceTimeout(adoptWeights(env, cell, key, before ?? champion));
    // Otherwise the object has not read the pointer that names this version yet.
    if (adopted.scorer.version === version) return adopted;
  } catch {
    // The sources below are tried instead; if the version itself is at fault, reading it from KV reports that.
  }
  const known = armInMemory(before, version, champion);
  if (known !== undefined) return known;
  const { scorer } = await withSourceTimeout(
    readScorer(env.WEIGHTS, version, settings.kvCacheTtlS),
  );
  return { scorer, delta: 0 };
}

/**
 * @param before the weights that the arm had until now.
 * @returns the arm's weights if they are in memory already, as its own or as the champion's.
 */
export function armInMemory(
  before: LoadedWeights | undefined,
  version: Version,
  champion: LoadedWeights,
): LoadedWeights | undefined {
  if (before?.scorer.version === version) return before;
  // An arm starts from the published version, so champion weights that contain online deltas do not qualify.
  if (champion.scorer.version !== version) return undefined;
  if (champion.delta === 0) return champion;
  if (champion.heldOut === undefined) return undefined;
  const { exposure: _, ...published } = champion.heldOut.base;
  return published;
}
