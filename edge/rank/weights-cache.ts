import type { Pointer } from '../../shared/domain/pointer.ts';
import { CHAMPION_ARM } from '../../shared/domain/weight-delta.ts';
import { readPointer } from '../artifacts/read-pointer.ts';
import { readScorer } from '../artifacts/read-scorer.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { adoptWeights, type LoadedWeights } from './adopt-weights.ts';
import { bundledRules } from './bundled-rules.ts';
import {
  experimentStateInMemory,
  loadExperimentState,
  type ExperimentState,
} from './experiment-state.ts';
import { RefreshingCache } from '../platform/refreshing-cache.ts';
import { resetArmsOnHold } from './reset-arms-on-hold.ts';

/** The weights that an isolate serves: the champion's, and what experiments serve beside them. */
export interface CachedWeights extends LoadedWeights {
  readonly pointer?: Pointer;
  /** Absent while the pointer is on hold: experiments pause then. */
  readonly experiments?: ExperimentState;
  /** While on hold: the arms served before it whose LiveWeights object may still have online deltas. */
  readonly armsToReset?: readonly string[];
  /** Why these may not be the live weights; absent when they are confirmed. */
  readonly problem?: string;
}

/**
 * The live weights, from the first source that has them: LiveWeights, KV, memory, the bundled rules. No ranking waits
 * for the weights of an arm, neither the first of an isolate nor one after the pointer has moved: until they are
 * loaded, the experiment exposes nobody.
 */
export const weightsCache = (env: Env, settings: Settings): RefreshingCache<CachedWeights> =>
  new RefreshingCache(
    async (previous: CachedWeights | undefined, cell) => {
      const champion = await liveChampion({ env, settings, previous, cell });
      const { pointer, problem } = champion;
      if (pointer === undefined || problem !== undefined) return champion;
      if (pointer.hold === true) {
        const served = [...(previous?.experiments?.arms.keys() ?? [])];
        return { ...champion, armsToReset: previous?.armsToReset ?? served };
      }
      const experiments = experimentStateInMemory(previous?.experiments, champion, pointer);
      return { ...champion, experiments };
    },
    settings,
    ({ pointer, experiments, armsToReset, problem, ...champion }, cell) => {
      if (pointer === undefined || problem !== undefined) return undefined;
      const patchOf = async <K extends 'experiments' | 'armsToReset'>(
        key: K,
        loading: Promise<CachedWeights[K]>,
      ): Promise<(current: CachedWeights) => CachedWeights> => {
        const value = await loading;
        return (current) =>
          current[key] !== undefined && isSameTarget(current, { ...champion, pointer })
            ? { ...current, [key]: value }
            : current;
      };
      if (experiments !== undefined) {
        const sources = { env, settings, cell, previous: experiments };
        return patchOf('experiments', loadExperimentState(sources, champion, pointer));
      }
      return (
        armsToReset && patchOf('armsToReset', resetArmsOnHold(env, cell, armsToReset, champion))
      );
    },
  );

/** Whether both have the same champion and the same pointer: what was loaded for one then holds for the other. */
const isSameTarget = (one: CachedWeights, other: CachedWeights): boolean =>
  one.scorer.version === other.scorer.version &&
  JSON.stringify(one.pointer) === JSON.stringify(other.pointer);

interface ChampionSources {
  readonly env: Env;
  readonly settings: Settings;
  readonly previous: CachedWeights | undefined;
  readonly cell: string;
}

async function liveChampion(sources: ChampionSources): Promise<CachedWeights> {
  const problems = new Set<string>();
  for (const load of [fromLiveWeights, fromKv]) {
    try {
      return await withSourceTimeout(load(sources));
    } catch (error) {
      problems.add(error instanceof Error ? error.message : String(error));
    }
  }
  const problem = [...problems].join('; ');
  return { ...(sources.previous ?? { scorer: bundledRules, delta: 0 }), problem };
}

const fromLiveWeights = ({ env, cell, previous }: ChampionSources): Promise<CachedWeights> =>
  adoptWeights(env, cell, CHAMPION_ARM, previous);

async function fromKv({ env, settings, previous }: ChampionSources): Promise<CachedWeights> {
  const { pointer } = await readPointer(env.WEIGHTS, settings.kvCacheTtlS);
  // Weights with a problem may be the bundled rules, which are
  // not the published v000000 although they share its name.
  const isInMemory =
    previous?.problem === undefined &&
    previous?.delta === 0 &&
    previous.scorer.version === pointer.champion;
  const { scorer } = isInMemory
    ? previous
    : await readScorer(env.WEIGHTS, pointer.champion, settings.kvCacheTtlS);
  return { scorer, delta: 0, pointer };
}
