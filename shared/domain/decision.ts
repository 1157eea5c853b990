import type { ExplorationSpec } from '../features/schema.ts';
import type { ItemId, RankingId, SessionId, UserId, Version } from './ids.ts';

/**
 * The log record of one ranking: what was shown, how it was chosen, and all that is needed to choose it again.
 * Training reads codes and propensities from here and recomputes neither.
 */
export interface Decision {
  readonly rankingId: RankingId;
  /** Epoch ms. */
  readonly at: number;
  readonly sessionId: SessionId;
  readonly userId?: UserId;
  /** Which arms it was exposed to, as `exposuresToText` writes them; absent outside of experiments. */
  readonly arm?: string;
  /** Of an interleaved slate the first arm's; its experiment knows the second's. */
  readonly weights: Version;
  /** How many online deltas the weights had taken on top of the version. */
  readonly delta: number;
  /** 16 hex digits. */
  readonly schemaHash: string;
  /** Snapshot hash; empty when the catalogue was not read. */
  readonly snapshot: string;
  readonly degraded: boolean;
  readonly seed: number;
  readonly exploration: ExplorationSpec;
  readonly limit: number;
  /** The request as JSON: preferences, context, recent and candidates with their live attributes. */
  readonly request: string;
  readonly itemIds: readonly ItemId[];
  /** Score of each slot, fixed-point units; of an interleaved slate by the arm that put the item there. */
  readonly units: readonly number[];
  /** Conditional probability of each slot given the slots above. */
  readonly propensities: readonly number[];
  /** `Uint8Array(slots × F)`. */
  readonly codes: Uint8Array;
  /** Absent where no version was scored in shadow. */
  readonly shadow?: Shadow;
  /** Of an interleaved slate: for each slot the index of the arm that put it there. */
  readonly teams?: Uint8Array;
}

/** What a version would have shown in place of the one that did, drawn with the same seed. */
export interface Shadow {
  readonly version: Version;
  readonly itemIds: readonly ItemId[];
}
