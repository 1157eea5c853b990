import { bytesToHex } from '@noble/hashes/utils.js';
import { DurableObject } from 'cloudflare:workers';
import { ApiError } from '../../shared/domain/errors.ts';
import { isVersion, type Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { CHAMPION_ARM, type WeightDelta } from '../../shared/domain/weight-delta.ts';
import { scorerFromBytes, scorerToBytes } from '../../shared/format/scorer-bytes.ts';
import { settingsOf, type Env } from '../env.ts';
import { pointerProblem } from '../rank/pointer-problem.ts';
import { readScorer } from '../rank/read-scorer.ts';
import { withDeltas } from './with-deltas.ts';

/** However many isolates ask, KV is asked this seldom; KV's own cache sets how fresh the answer is. */
const CHECK_MS = 1000;

/** How often an arm's object looks whether it is still named: what an arm learned is nobody's once it is over. */
const LOOK_MS = 24 * 60 * 60 * 1000;

/** What is live here, as kept across evictions. */
interface Adopted {
  readonly version: Version;
  /** As published. */
  readonly base: Uint8Array<ArrayBuffer>;
  /** With the deltas added. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly delta: number;
  readonly pointer: Pointer;
  readonly pointerText: string;
}

export interface LiveAnswer {
  /** Names the bytes; absent when nothing was ever adopted. */
  readonly tag?: string;
  readonly delta: number;
  readonly pointer?: Pointer;
  /** Absent when the caller has them. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** Why this may not be what is meant to be live. */
  readonly problem?: string;
}

export type DeltaAnswer =
  | { readonly version: Version; readonly delta: number }
  | { readonly refused: { status: number; code: string; message: string } };

/**
 * The weights of one arm in one cell: the published version plus online deltas. A moved pointer drops the
 * deltas, so a rollback always beats the learner; what cannot be read leaves the last good weights in place. An arm that the
 * pointer names no more is forgotten within a day: nobody asks for it again, so an alarm has to.
 */
export class LiveWeights extends DurableObject<Env> {
  #adopted: Adopted | undefined;
  #problem: string | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #isAlarmSet = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#adopted = ctx.storage.kv.get<Adopted>('adopted');
  }

  /** @param knownTag what the caller holds already, from whichever cell. */
  async adopt(arm: string, knownTag?: string): Promise<LiveAnswer> {
    await this.#check(arm);
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    if (this.#adopted === undefined) return { delta: 0, ...problem };
    const { delta, pointer, bytes } = this.#adopted;
    const tag = tagOf(bytes);
    return {
      tag,
      delta,
      pointer,
      ...(tag !== knownTag && { bytes }),
      ...problem,
    };
  }

  /**
   * Adds to the weights, if `baseVersion` is what is live. @param replaces takes back what was added before: sent twice,
   * such a batch counts once.
   */
  async applyDelta(
    arm: string,
    baseVersion: Version,
    deltas: readonly WeightDelta[],
    replaces = false,
  ): Promise<DeltaAnswer> {
    await this.#check(arm);
    const adopted = this.#adopted;
    if (adopted?.version !== baseVersion) {
      return refused(
        409,
        'stale_base',
        `the deltas are based on ${baseVersion}, but ${adopted?.version ?? 'nothing'} is live: learn from that`,
      );
    }
    if (isBare(adopted.pointerText)) {
      return refused(
        409,
        'held',
        `${baseVersion} was put live by hand: online deltas pause until the publisher is released`,
      );
    }
    try {
      const scorer = withDeltas(scorerFromBytes(replaces ? adopted.base : adopted.bytes), deltas);
      this.#keep({
        ...adopted,
        bytes: scorerToBytes(scorer),
        delta: adopted.delta + 1,
      });
    } catch (error) {
      if (error instanceof ApiError) return refused(error.status, error.code, error.message);
      throw error;
    }
    return { version: baseVersion, delta: adopted.delta + 1 };
  }

  override async alarm(): Promise<void> {
    const arm = this.ctx.storage.kv.get<string>('arm');
    try {
      const text = await this.env.WEIGHTS.get('active');
      const pointer = parsePointer(text ?? '');
      // One that cannot be read says nothing of an arm.
      if (arm === undefined || (pointer !== undefined && pointer.arms?.[arm] === undefined))
        return await this.#forget();
    } catch (error) {
      console.error(
        `whether arm ${arm} is over could not be seen, and will be looked for again`,
        error,
      );
    }
    await this.ctx.storage.setAlarm(Date.now() + LOOK_MS);
  }

  /** With nothing stored, and no alarm, there is no object. */
  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#adopted = undefined;
    this.#isAlarmSet = false;
    this.#checkedAtMs = Number.NEGATIVE_INFINITY;
  }

  #check(arm: string): Promise<void> {
    const settings = settingsOf(this.env);
    const nowMs = Date.now();
    if (
      this.#checking === undefined &&
      nowMs - this.#checkedAtMs >= Math.min(CHECK_MS, settings.refreshMs)
    ) {
      this.#checkedAtMs = nowMs;
      this.#checking = this.#follow(arm, settings.kvCacheTtlS)
        .then(
          () => (this.#problem = undefined),
          (error) => (this.#problem = error instanceof Error ? error.message : String(error)),
        )
        .then(() => (this.#checking = undefined));
    }
    return this.#checking ?? Promise.resolve();
  }

  async #follow(arm: string, kvCacheTtlS: number): Promise<void> {
    const pointerText = await this.env.WEIGHTS.get('active', { cacheTtl: kvCacheTtlS });
    const pointer = parsePointer(pointerText ?? '');
    if (pointerText === null || pointer === undefined) throw new Error(pointerProblem(pointerText));
    const version = pointer.arms?.[arm] ?? pointer.champion;
    const before = this.#adopted;
    if (before?.version !== version) {
      const { bytes } = await readScorer(this.env.WEIGHTS, version, kvCacheTtlS);
      this.#keep({ version, base: bytes, bytes, delta: 0, pointer, pointerText });
    } else if (isBare(pointerText) && before.delta > 0) {
      this.#keep({ ...before, bytes: before.base, delta: 0, pointer, pointerText });
    } else if (before.pointerText !== pointerText) {
      this.#keep({ ...before, pointer, pointerText });
    }
    if (arm !== CHAMPION_ARM && !this.#isAlarmSet) {
      this.ctx.storage.kv.put('arm', arm);
      if ((await this.ctx.storage.getAlarm()) === null)
        await this.ctx.storage.setAlarm(Date.now() + LOOK_MS);
      this.#isAlarmSet = true;
    }
  }

  #keep(adopted: Adopted): void {
    this.ctx.storage.kv.put('adopted', adopted);
    this.#adopted = adopted;
  }
}

/** The checksum that ends the bytes: equal content has one tag in every cell. */
const tagOf = (bytes: Uint8Array) => bytesToHex(bytes.subarray(-8));

/** Ops write a bare version id; the publisher writes JSON. */
const isBare = (pointerText: string) => isVersion(pointerText.trim());

const refused = (status: number, code: string, message: string): DeltaAnswer => ({
  refused: { status, code, message },
});
