import type { ShardWaiting } from '../../shared/domain/edge-check.ts';
import type { KeyList } from '../../shared/domain/access-key.ts';
import type { ItemId, RankingId, Version } from '../../shared/domain/ids.ts';
import type { TraceContext } from '../../shared/trace/trace-context.ts';
import type { Pointer, SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Holdout, WeightDelta } from '../../shared/domain/weight-delta.ts';

/**
 * The remote calls of the Durable Objects, as their callers see them. The classes `EventLog` (`collect/`), `TokenKeeper` (`dropin/`), `LiveWeights`,
 * `KeyKeeper` and `SnapshotKeeper` (`live/`) implement these interfaces, so that callers need not import the classes.
 */

/** A feedback event to store. */
export interface EventEntry {
  /** Ranking and event id: an event id means something within its ranking only. The same key again is a duplicate. */
  readonly key: string;
  /** Its ranking, and what it is one of there: its type, and its item if it has one. Both are capped. */
  readonly rankingId: RankingId;
  readonly kind: string;
  /** The `CollectedEvent` as JSON. */
  readonly json: string;
}

/** What became of events, each by its place in the list. Those that are in neither list were stored. */
export interface StoredEvents {
  readonly duplicates: readonly number[];
  /** Their ranking has as many events as are stored of one, all together or of their kind. */
  readonly tooMany: readonly number[];
  /** The shard holds as much as it may, and stored none of them. */
  readonly isFull?: boolean;
}

export interface EventLogObject extends Rpc.DurableObjectBranded {
  /**
   * @param bytes one batch, as `decisionsToBytes` writes it.
   * @param lost how many decisions the caller could not store anywhere since it last said so.
   * @param traces that go on when these are shipped.
   */
  appendDecisions(
    bytes: Uint8Array,
    lost?: number,
    traces?: readonly TraceContext[],
  ): Promise<void>;
  /**
   * @param mayRefuse nothing is stored where the shard holds as much as it may: what is left is kept for decisions and erasures.
   * @param trace that goes on when these are shipped.
   */
  storeEvents(
    events: readonly EventEntry[],
    mayRefuse?: boolean,
    trace?: TraceContext,
  ): Promise<StoredEvents>;
  /** What the backend has not committed yet. */
  waiting(): Promise<ShardWaiting>;
}

/** The answer of `LiveWeightsObject.adopt`. */
export interface AdoptResult {
  /** Identifies the content of the scorer's bytes; absent if the object has not adopted any version yet. */
  readonly tag?: string;
  /** How many batches of online deltas were added to the published version. */
  readonly delta: number;
  readonly pointer?: Pointer;
  /** The scorer's bytes; absent if the caller said that it already has them. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** Only where deltas were added and some sessions stay without them: what these are served with, bytes as above. */
  readonly base?: {
    readonly tag: string;
    readonly holdout: Holdout;
    readonly bytes?: Uint8Array<ArrayBuffer>;
  };
  /** Why the object could not confirm that this is the live version. */
  readonly problem?: string;
}

/** The answer of `LiveWeightsObject.applyDelta`. */
export type DeltaResult =
  | { readonly version: Version; readonly delta: number }
  | { readonly refused: { status: number; code: string; message: string } };

export interface LiveWeightsObject extends Rpc.DurableObjectBranded {
  /**
   * @param knownTag tag of the content that the caller already has; equal content is not sent again. @param knownBase the same of
   * what it serves without deltas.
   */
  adopt(arm: string, knownTag?: string, knownBase?: string): Promise<AdoptResult>;
  /**
   * Adds online deltas, if `baseVersion` is the live version of the arm.
   * @param replaces true: these deltas take the place of all earlier ones, so sending a batch twice has the same
   * effect as sending it once; none at all drops them.
   * @param holdout which sessions stay without them; absent: none.
   * @param number by which decisions name what they were drawn with; absent: one more than before.
   */
  applyDelta(
    arm: string,
    baseVersion: Version,
    deltas: readonly WeightDelta[],
    replaces?: boolean,
    holdout?: Holdout,
    number?: number,
  ): Promise<DeltaResult>;
}

/** The answer of `KeyKeeperObject.current`. */
export interface KeyAnswer {
  /** Absent where the caller has it. */
  readonly list?: KeyList;
}

export interface KeyKeeperObject extends Rpc.DurableObjectBranded {
  /** Puts a list in force, unless a later one is. @returns the later one. */
  put(list: KeyList): Promise<KeyList | null> | KeyList | null;
  /**
   * @param known revision of the list that the caller has; -1: none.
   * @param used epoch ms by hash: which keys were shown since the caller last asked.
   * @throws Error where nobody told it a list yet, and KV does not answer.
   */
  current(known: number, used: ReadonlyMap<string, number>): Promise<KeyAnswer>;
  /** Epoch ms by hash, of the keys of the list. */
  lastUsed(): Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number>;
}

/** A ranking whose feedback comes by an id that the site gave it, and without its token. */
export interface KeptRanking {
  readonly rankingId: RankingId;
  readonly token: string;
  /** What was shown, from the top. */
  readonly itemIds: readonly ItemId[];
  /** Epoch ms. */
  readonly at: number;
  /** Keyed hash of what was asked. */
  readonly asked: string;
  /** What was answered, as JSON: the same question again is answered the same. */
  readonly answer: string;
  /** Its decision, as a shard takes it, where it is logged only once it is known that it was shown. */
  readonly held?: Uint8Array<ArrayBuffer>;
  /** The same of one that is logged as soon as it is kept: there until who kept it has heard so. */
  readonly unlogged?: Uint8Array<ArrayBuffer>;
  /** Epoch ms; it is forgotten then. */
  readonly expiresAt: number;
}

export interface TokenKeeperObject extends Rpc.DurableObjectBranded {
  /**
   * @param names of one ranking by all keys that there are, newest first.
   * @returns what is kept under one of them already, and stays; null where this is kept from now on, under the first.
   */
  keep(names: readonly string[], ranking: KeptRanking): Promise<KeptRanking | null>;
  /** @returns null where nothing is kept under any of them, or it was forgotten. */
  find(names: readonly string[]): Promise<KeptRanking | null>;
  /** Keeps a reward until its ranking is activated; the first one counts. @returns false where the ranking is activated by now. */
  holdReward(names: readonly string[], value: number): Promise<boolean>;
  /** Drops the decision of a ranking that is in the log. */
  logged(names: readonly string[], rankingId: RankingId): Promise<void>;
  /** Drops the decision that was held, as it is logged. @returns the reward that waited for that. */
  release(names: readonly string[]): Promise<number | null>;
}

export interface SnapshotKeeperObject extends Rpc.DurableObjectBranded {
  /**
   * Keeps the snapshot in place of the one before, once it has read all of it from KV and found it whole; one that is
   * older than what it keeps, or the same, changes nothing. An object keeps one kind: `snapshot` (the default), or `learned`.
   * @throws Error when the snapshot cannot be read, or is damaged: what was kept stays.
   */
  keep(pointer: SnapshotPointer, kind?: 'snapshot' | 'learned' | 'related'): Promise<void>;
  /** @returns the pointer to what is kept; null where that is nothing. */
  kept(): Promise<SnapshotPointer | null>;
  /** @returns the bytes of a part of the kept snapshot, split as in KV; null where it is not of the kept one. */
  part(hash: string, part: number): Promise<Uint8Array<ArrayBuffer> | null>;
}
