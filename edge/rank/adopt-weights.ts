import type { Pointer } from '../../shared/domain/pointer.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Env } from '../env.ts';
import { within } from './within.ts';

/** Weights as they lie in memory, ready to rank. */
export interface LoadedWeights {
  readonly scorer: Scorer;
  /** Online deltas taken on top of the version. */
  readonly delta: number;
  /** Names the content as LiveWeights served it. */
  readonly tag?: string;
}

export interface AdoptedWeights extends LoadedWeights {
  readonly pointer?: Pointer;
  readonly problem?: string;
}

/**
 * What LiveWeights serves to an arm in a cell.
 * @param known what is in memory already, of whichever arm: equal content is not sent again.
 */
export async function adoptWeights(
  env: Env,
  cell: string,
  arm: string,
  known: LoadedWeights | undefined,
): Promise<AdoptedWeights> {
  const object = env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`${cell}:${arm}`));
  const { tag, delta, pointer, bytes, problem } = await object.adopt(arm, known?.tag);
  const scorer = bytes === undefined ? known?.scorer : scorerFromBytes(bytes);
  if (scorer === undefined || tag === undefined)
    throw new Error(problem ?? 'LiveWeights has adopted nothing yet');
  return {
    scorer,
    delta,
    tag,
    // The types of a call to an object take a pair for a list of any length.
    ...(pointer && { pointer: pointer as Pointer }),
    ...(problem && { problem }),
  };
}

const SOURCE_PATIENCE_MS = 2000;

/** A source that hangs must not hold up the next one. */
export async function timely<T>(work: Promise<T>): Promise<T> {
  const found = await within(SOURCE_PATIENCE_MS, work);
  if (found === undefined) throw new Error(`no answer within ${SOURCE_PATIENCE_MS} ms`);
  return found;
}
