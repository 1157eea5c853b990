import type { Exposure } from '../../shared/domain/experiment.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { HELD_OUT, LEARNED, type Holdout } from '../../shared/domain/weight-delta.ts';
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
  /** Only of weights with deltas: which sessions are served without them, and with what. */
  readonly heldOut?: { readonly base: LoadedWeights; readonly holdout: Holdout };
  /** Only where some sessions are held out: what is logged of a ranking by these. */
  readonly exposure?: Exposure;
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
  const inMemory = [known, known?.heldOut?.base];
  const [knownTag, knownBase] = inMemory.map((one) => one?.tag);
  const { tag, delta, pointer, bytes, base, problem } = await object.adopt(
    arm,
    knownTag,
    knownBase,
  );
  const scorerOf = (content: { tag?: string; bytes?: Uint8Array<ArrayBuffer> }) =>
    content.bytes === undefined
      ? inMemory.find((one) => one?.tag !== undefined && one.tag === content.tag)?.scorer
      : scorerFromBytes(content.bytes);
  const scorer = scorerOf({ tag, bytes });
  if (scorer === undefined || tag === undefined)
    throw new Error(problem ?? 'LiveWeights has adopted nothing yet');
  const published = base && scorerOf(base);
  return {
    scorer,
    delta,
    tag,
    ...(published && {
      exposure: { experiment: base.holdout.id, arm: LEARNED },
      heldOut: {
        base: {
          scorer: published,
          delta: 0,
          tag: base.tag,
          exposure: { experiment: base.holdout.id, arm: HELD_OUT },
        },
        holdout: base.holdout,
      },
    }),
    // The return type of a remote call turns the pair `range` into an array of any length.
    ...(pointer && { pointer: pointer as Pointer }),
    ...(problem && { problem }),
  };
}
