import type { Pointer } from '../../shared/domain/pointer.ts';
import { CHAMPION_ARM } from '../../shared/domain/weight-delta.ts';
import { readPointer } from '../artifacts/read-pointer.ts';
import { readScorer } from '../artifacts/read-scorer.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { adoptWeights } from './adopt-weights.ts';
import { bundledRules } from './bundled-rules.ts';
import type { CachedWeights } from './cached-weights.ts';
import { lineageWeights, loadLineageExperiments } from './lineage-weights.ts';
import { experimentStateInMemory, loadExperimentState } from './experiment-state.ts';
import { FollowedWeights } from './followed-weights.ts';
import { resetArmsOnHold } from './reset-arms-on-hold.ts';

/**
 * The live weights, from the first source that has them: LiveWeights, KV, memory, the bundled rules. No ranking waits
 * for the weights of an arm, neither the first of an isolate nor one after the pointer has moved: until they are
 * loaded, the experiment exposes nobody.
 */
export const weightsCache = (env: Env, settings: Settings): FollowedWeights =>
  new FollowedWeights(
    async (previous: CachedWeights | undefined, cell) => {
      const champion = await liveChampion({ env, settings, previous, cell });
      const { pointer, problem } = champion;
      if (pointer === undefined || problem !== undefined) return champion;
      const weights = { ...champion, ...besideChampion(champion, pointer, previous) };
      const sources = { env, settings, cell };
      const lineages = await lineageWeights(sources, weights, previous?.lineages);
      return lineages === undefined ? weights : { ...weights, lineages };
    },
    settings,
    ({ pointer, experiments, armsToReset, problem, lineages, ...champion }, cell) => {
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
      const own =
        experiments === undefined
          ? armsToReset && patchOf('armsToReset', resetArmsOnHold(env, cell, armsToReset, champion))
          : patchOf(
              'experiments',
              loadExperimentState(
                { env, settings, cell, previous: experiments },
                champion,
                pointer,
              ),
            );
      return lineages === undefined
        ? own
        : both(own, loadLineageExperiments({ env, settings, cell }, lineages));
    },
  );

/** What is served beside the champion of the default lineage, as far as it is in memory; on hold, what is to be reset. */
function besideChampion(
  champion: CachedWeights,
  pointer: Pointer,
  previous: CachedWeights | undefined,
): Pick<CachedWeights, 'experiments' | 'armsToReset'> {
  if (pointer.hold === true) {
    const served = [...(previous?.experiments?.arms.keys() ?? [])];
    return { armsToReset: previous?.armsToReset ?? served };
  }
  return { experiments: experimentStateInMemory(previous?.experiments, champion, pointer) };
}

type Patch = (current: CachedWeights) => CachedWeights;

async function both(
  own: Promise<Patch> | undefined,
  placed: ReturnType<typeof loadLineageExperiments>,
): Promise<Patch> {
  const [first, second] = await Promise.all([own, placed]);
  return (current) => {
    const patched = first === undefined ? current : first(current);
    const { lineages } = patched;
    return lineages === undefined ? patched : { ...patched, lineages: second(lineages) };
  };
}

/** The pointer as rankings are assigned by it. */
function asServed(pointer: Pointer): Pointer {
  const { placedLayers, ...others } = pointer;
  return placedLayers === undefined ? pointer : { ...others, layers: placedLayers };
}

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

async function fromLiveWeights({ env, cell, previous }: ChampionSources): Promise<CachedWeights> {
  const adopted = await adoptWeights(env, cell, CHAMPION_ARM, previous);
  const { pointer } = adopted;
  return pointer === undefined ? adopted : { ...adopted, pointer: asServed(pointer) };
}

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
  return { scorer, delta: 0, pointer: asServed(pointer) };
}
