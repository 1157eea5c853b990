import type { Pointer } from '../../shared/domain/pointer.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { Env } from '../platform/env.ts';

/** A scorer in memory, ready to rank. */
export interface LoadedWeights {
  readonly scorer: Scorer;
  /** How many batches of online deltas were added to the published version. */
  readonly delta: number;
  /** Identifies the content; only of weights that came from LiveWeights. */
  readonly tag?: string;
}

export interface AdoptedWeights extends LoadedWeights {
  readonly pointer?: Pointer;
  readonly problem?: string;
}

/**
 * Asks the LiveWeights object of an arm in a cell for its weights.
 * @param known weights that are already in memory, of any arm: LiveWeights does not send equal content again.
 * @throws Error when the object has not adopted any version yet.
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
    // The return type of a remote call turns the pair `range` into an array of any length.
    ...(pointer && { pointer: pointer as Pointer }),
    ...(problem && { problem }),
  };
}
