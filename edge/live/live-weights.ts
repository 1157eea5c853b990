import { DurableObject } from 'cloudflare:workers';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { armOf } from '../../shared/domain/pointer-at.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { CHAMPION_ARM, type Holdout, type WeightDelta } from '../../shared/domain/weight-delta.ts';
import { bytesToHex } from '../../shared/hash/hex.ts';
import { scorerFromBytes, scorerToBytes } from '../../shared/format/scorer-bytes.ts';
import { readPointer } from '../artifacts/read-pointer.ts';
import { readScorer } from '../artifacts/read-scorer.ts';
import type { AdoptResult, DeltaResult, LiveWeightsObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { settingsOf } from '../platform/settings.ts';
import { applyDeltas } from './apply-deltas.ts';

/**
 * The pointer is read from KV at most this often, however many isolates ask. KV's own cache limits how fresh it is.
 */
const CHECK_MS = 1000;

/** How often an arm's object checks whether the pointer still names the arm; if not, its storage is deleted. */
const ARM_CHECK_MS = DAY_MS;

/** The adopted version, stored so that it survives eviction of the object. */
interface Adopted {
  readonly version: Version;
  /** The scorer as published. */
  readonly base: Uint8Array<ArrayBuffer>;
  /** The scorer with the online deltas added. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of the deltas that were added last, or, of deltas without a number, how many batches were added; 0: none. */
  readonly delta: number;
  /** Which sessions stay without the deltas; absent: none. */
  readonly holdout?: Holdout;
  readonly pointer: Pointer;
  /** The text that the pointer was read from. */
  readonly pointerText: string;
}

/**
 * The weights of one arm in one cell: the published version plus online deltas. When the pointer moves to another
 * version the deltas are dropped, so a rollback always takes precedence over online learning. If the pointer or the
 * version cannot be read, the last good weights stay. Once the pointer no longer names the arm, nobody asks the
 * object again, so an alarm deletes its storage within a day.
 */
export class LiveWeights extends DurableObject<Env> implements LiveWeightsObject {
  #adopted: Adopted | undefined;
  #problem: string | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #isAlarmSet = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const stored = ctx.storage.kv.get<Adopted>('adopted');
    // Read from its text again: a Worker from before may have stored it without fields that it did not know.
    this.#adopted = stored && {
      ...stored,
      pointer: parsePointer(stored.pointerText) ?? stored.pointer,
    };
  }

  /** @param knownTag tag of the content that the caller already has, from any cell. @param knownBase the same of what has no deltas. */
  async adopt(arm: string, knownTag?: string, knownBase?: string): Promise<AdoptResult> {
    await this.#check(arm);
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    if (this.#adopted === undefined) return { delta: 0, ...problem };
    const { delta, pointer, bytes, base, holdout } = this.#adopted;
    /** @returns the bytes unless the caller has them, by whichever name. */
    const withBytes = (content: Uint8Array<ArrayBuffer>) => {
      const tag = tagOf(content);
      return { tag, ...(tag !== knownTag && tag !== knownBase && { bytes: content }) };
    };
    return {
      ...withBytes(bytes),
      delta,
      pointer,
      ...(delta > 0 && holdout && { base: { ...withBytes(base), holdout } }),
      ...problem,
    };
  }

  /**
   * Adds deltas to the weights, if `baseVersion` is the live version.
   * @param replaces true: the deltas take the place of all earlier ones, so sending a batch twice has the same effect
   * as sending it once. @param holdout which sessions stay without them, from now on. @param number by which decisions name
   * what they were drawn with; absent: one more than before.
   */
  async applyDelta(
    arm: string,
    baseVersion: Version,
    deltas: readonly WeightDelta[],
    replaces = false,
    holdout?: Holdout,
    number?: number,
  ): Promise<DeltaResult> {
    await this.#check(arm);
    const adopted = this.#adopted;
    if (adopted?.version !== baseVersion) {
      return refused(
        409,
        'stale_base',
        `the deltas are based on ${baseVersion}, but ${adopted?.version ?? 'nothing'} is live: learn from that`,
      );
    }
    if (isHeld(adopted.pointerText, arm)) {
      return refused(
        409,
        'held',
        `${baseVersion} was put live by hand: online deltas pause until the publisher is released`,
      );
    }
    if (deltas.length === 0) {
      if (adopted.delta > 0) this.#store(published(adopted));
      return { version: baseVersion, delta: 0 };
    }
    const delta = number ?? adopted.delta + 1;
    try {
      const scorer = applyDeltas(scorerFromBytes(replaces ? adopted.base : adopted.bytes), deltas);
      this.#store({
        ...adopted,
        bytes: scorerToBytes(scorer),
        delta,
        holdout,
      });
    } catch (error) {
      if (error instanceof ApiError) return refused(error.status, error.code, error.message);
      throw error;
    }
    return { version: baseVersion, delta };
  }

  override async alarm(): Promise<void> {
    const arm = this.ctx.storage.kv.get<string>('arm');
    try {
      const text = await this.env.WEIGHTS.get('active');
      const pointer = parsePointer(text ?? '');
      // A pointer that cannot be read does not tell whether the arm is over.
      if (arm === undefined || (pointer !== undefined && armOf(pointer, arm) === undefined))
        return await this.#deleteEverything();
    } catch (error) {
      console.error(`could not check whether arm ${arm} is over; it will be checked again`, error);
    }
    await this.ctx.storage.setAlarm(Date.now() + ARM_CHECK_MS);
  }

  /** An object without storage and without an alarm ceases to exist. */
  async #deleteEverything(): Promise<void> {
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
      Math.abs(nowMs - this.#checkedAtMs) >= Math.min(CHECK_MS, settings.refreshMs)
    ) {
      this.#checkedAtMs = nowMs;
      this.#checking = this.#followPointer(arm, settings.kvCacheTtlS)
        .then(
          () => (this.#problem = undefined),
          (error) => (this.#problem = error instanceof Error ? error.message : String(error)),
        )
        .then(() => (this.#checking = undefined));
    }
    return this.#checking ?? Promise.resolve();
  }

  async #followPointer(arm: string, kvCacheTtlS: number): Promise<void> {
    const { pointer, text: pointerText } = await readPointer(this.env.WEIGHTS, kvCacheTtlS);
    const version = armOf(pointer, arm)?.version ?? pointer.champion;
    const before = this.#adopted;
    if (before?.version !== version) {
      const { bytes } = await readScorer(this.env.WEIGHTS, version, kvCacheTtlS);
      this.#store({ version, base: bytes, bytes, delta: 0, pointer, pointerText });
    } else if (isHeld(pointerText, arm) && before.delta > 0) {
      this.#store({ ...published(before), pointer, pointerText });
    } else if (before.pointerText !== pointerText) {
      this.#store({ ...before, pointer, pointerText });
    }
    if (arm !== CHAMPION_ARM && !this.#isAlarmSet) {
      this.ctx.storage.kv.put('arm', arm);
      if ((await this.ctx.storage.getAlarm()) === null)
        await this.ctx.storage.setAlarm(Date.now() + ARM_CHECK_MS);
      this.#isAlarmSet = true;
    }
  }

  #store(adopted: Adopted): void {
    this.ctx.storage.kv.put('adopted', adopted);
    this.#adopted = adopted;
  }
}

/** What was adopted, without what was learned since. */
function published(adopted: Adopted): Adopted {
  const { holdout: _, ...others } = adopted;
  return { ...others, bytes: others.base, delta: 0 };
}

/** The checksum at the end of the bytes, so equal content has the same tag in every cell. */
const tagOf = (bytes: Uint8Array) => bytesToHex(bytes.subarray(-8));

/** Whether an operator holds what is live for the arm, by a bare version id that was written by hand or by JSON that says so. */
function isHeld(pointerText: string, arm: string): boolean {
  const pointer = parsePointer(pointerText);
  return pointer !== undefined && (armOf(pointer, arm)?.hold ?? pointer.hold === true);
}

const refused = (status: number, code: string, message: string): DeltaResult => ({
  refused: { status, code, message },
});
