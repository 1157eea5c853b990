import type { RankingId, Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { WeightDelta } from '../../shared/domain/weight-delta.ts';

/**
 * The remote calls of the two Durable Objects, as their callers see them. The classes `EventLog` (`collect/`) and
 * `LiveWeights` (`live/`) implement these interfaces, so that callers need not import the classes.
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
}

export interface EventLogObject extends Rpc.DurableObjectBranded {
  /**
   * @param bytes one batch, as `decisionsToBytes` writes it.
   * @param lost how many decisions the caller could not store anywhere since it last said so.
   */
  appendDecisions(bytes: Uint8Array, lost?: number): Promise<void>;
  storeEvents(events: readonly EventEntry[]): Promise<StoredEvents>;
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
  /** Why the object could not confirm that this is the live version. */
  readonly problem?: string;
}

/** The answer of `LiveWeightsObject.applyDelta`. */
export type DeltaResult =
  | { readonly version: Version; readonly delta: number }
  | { readonly refused: { status: number; code: string; message: string } };

export interface LiveWeightsObject extends Rpc.DurableObjectBranded {
  /** @param knownTag tag of the content that the caller already has; equal content is not sent again. */
  adopt(arm: string, knownTag?: string): Promise<AdoptResult>;
  /**
   * Adds online deltas, if `baseVersion` is the live version of the arm.
   * @param replaces true: these deltas take the place of all earlier ones, so sending a batch twice has the same
   * effect as sending it once.
   */
  applyDelta(
    arm: string,
    baseVersion: Version,
    deltas: readonly WeightDelta[],
    replaces?: boolean,
  ): Promise<DeltaResult>;
}
