import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import type { Env, Settings } from '../env.ts';
import { CHAMPION_ARM } from '../../shared/domain/weight-delta.ts';
import { adoptWeights, timely, type LoadedWeights } from './adopt-weights.ts';
import { bundledRules } from './fallback.ts';
import { Kept } from './kept.ts';
import { pointerProblem } from './pointer-problem.ts';
import { readScorer } from './read-scorer.ts';
import { restArms } from './rest-arms.ts';
import { loadTraffic, trafficAtHand, type Traffic } from './traffic.ts';

/** The weights that an isolate serves: the champion's, and those of experiments beside it. */
export interface WeightsState extends LoadedWeights {
  readonly pointer?: Pointer;
  /** Absent on hold: experiments pause. */
  readonly traffic?: Traffic;
  /** On hold, the arms that were served before and whose LiveWeights may not know yet. */
  readonly resting?: readonly string[];
  /** Why these may not be the weights that are meant to be live. */
  readonly problem?: string;
}

/**
 * The live weights, by the first that has them: LiveWeights, KV, what is in memory, the bundled rules. A moved pointer, and
 * the first ranking of all, wait for no arm: until it is at hand, its experiment has nobody in it.
 */
export const liveWeights = (env: Env, settings: Settings): Kept<WeightsState> =>
  new Kept(
    async (previous: WeightsState | undefined, cell) => {
      const champion = await liveChampion({ env, settings, previous, cell });
      const { pointer, problem } = champion;
      if (pointer === undefined || problem !== undefined) return champion;
      if (pointer.hold === true) {
        const resting = previous?.resting ?? [...(previous?.traffic?.arms.keys() ?? [])];
        return { ...champion, resting };
      }
      return { ...champion, traffic: trafficAtHand(previous?.traffic, champion, pointer) };
    },
    settings,
    ({ pointer, traffic, resting, problem, ...champion }, cell) => {
      if (pointer === undefined || problem !== undefined) return undefined;
      const add = async <K extends 'traffic' | 'resting'>(
        key: K,
        found: Promise<WeightsState[K]>,
      ): Promise<(current: WeightsState) => WeightsState> => {
        const value = await found;
        return (current) =>
          current[key] !== undefined && isSame(current, { ...champion, pointer })
            ? { ...current, [key]: value }
            : current;
      };
      if (traffic !== undefined)
        return add(
          'traffic',
          loadTraffic({ env, settings, cell, previous: traffic }, champion, pointer),
        );
      return resting && add('resting', restArms(env, cell, resting, champion));
    },
  );

/** What was found for the one holds for the other. */
const isSame = (one: WeightsState, other: WeightsState): boolean =>
  one.scorer.version === other.scorer.version &&
  JSON.stringify(one.pointer) === JSON.stringify(other.pointer);

interface Ask {
  readonly env: Env;
  readonly settings: Settings;
  readonly previous: WeightsState | undefined;
  readonly cell: string;
}

async function liveChampion(ask: Ask): Promise<WeightsState> {
  const problems = new Set<string>();
  for (const source of [fromLiveWeights, fromKv]) {
    try {
      return await timely(source(ask));
    } catch (error) {
      problems.add(error instanceof Error ? error.message : String(error));
    }
  }
  const problem = [...problems].join('; ');
  return { ...(ask.previous ?? { scorer: bundledRules, delta: 0 }), problem };
}

const fromLiveWeights = ({ env, cell, previous }: Ask) =>
  adoptWeights(env, cell, CHAMPION_ARM, previous);

async function fromKv({ env, settings, previous }: Ask): Promise<WeightsState> {
  const text = await env.WEIGHTS.get('active', { cacheTtl: settings.kvCacheTtlS });
  const pointer = parsePointer(text ?? '');
  if (pointer === undefined) throw new Error(pointerProblem(text));
  // Weights that came with a problem may be the bundled rules, which only share a name with the published ones.
  const isKnown =
    previous?.problem === undefined &&
    previous?.delta === 0 &&
    previous.scorer.version === pointer.champion;
  const { scorer } = isKnown
    ? previous
    : await readScorer(env.WEIGHTS, pointer.champion, settings.kvCacheTtlS);
  return { scorer, delta: 0, pointer };
}
