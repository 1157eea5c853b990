import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Env, Settings } from '../env.ts';
import { CHAMPION } from '../live/live-weights.ts';
import { bundledRules } from './fallback.ts';
import { Kept } from './kept.ts';
import { pointerProblem } from './pointer-problem.ts';
import { readScorer } from './read-scorer.ts';
import { within } from './within.ts';

const SOURCE_PATIENCE_MS = 2000;

/** The weights that an isolate serves. */
export interface WeightsState {
  readonly scorer: Scorer;
  /** Online deltas taken on top of the version. */
  readonly delta: number;
  readonly pointer?: Pointer;
  /** Names the content as LiveWeights served it. */
  readonly tag?: string;
  /** Why these may not be the weights that are meant to be live. */
  readonly problem?: string;
}

/** The live weights, by the first that has them: LiveWeights, KV, what is in memory, the bundled rules. */
export const liveWeights = (env: Env, settings: Settings): Kept<WeightsState> =>
  new Kept(async (previous: WeightsState | undefined, cell) => {
    const problems = new Set<string>();
    for (const source of [fromLiveWeights, fromKv]) {
      try {
        return await timely(source({ env, settings, previous, cell }));
      } catch (error) {
        problems.add(error instanceof Error ? error.message : String(error));
      }
    }
    const problem = [...problems].join('; ');
    return { ...(previous ?? { scorer: bundledRules, delta: 0 }), problem };
  }, settings);

interface Ask {
  readonly env: Env;
  readonly settings: Settings;
  readonly previous: WeightsState | undefined;
  readonly cell: string;
}

async function fromLiveWeights({ env, previous, cell }: Ask): Promise<WeightsState> {
  const object = env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`${cell}:${CHAMPION}`));
  const { tag, delta, pointer, bytes, problem } = await object.adopt(CHAMPION, previous?.tag);
  const scorer = bytes === undefined ? previous?.scorer : scorerFromBytes(bytes);
  if (scorer === undefined || tag === undefined)
    throw new Error(problem ?? 'LiveWeights has adopted nothing yet');
  return { scorer, delta, tag, ...(pointer && { pointer }), ...(problem && { problem }) };
}

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

/** A source that hangs must not hold up the next one. */
async function timely<T>(work: Promise<T>): Promise<T> {
  const found = await within(SOURCE_PATIENCE_MS, work);
  if (found === undefined) throw new Error(`no answer within ${SOURCE_PATIENCE_MS} ms`);
  return found;
}
