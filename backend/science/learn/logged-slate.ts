import type { Consent } from '../../../shared/domain/consent.ts';
import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import type { Tallies } from './tallies.ts';

/** In place of a version: the site's own order was kept, so that nothing of it is what a version earned. */
export const SITE_ORDER = 'site order';

/** One ranking as it was shown, and what came of it within the attribution window. */
export interface LoggedSlate {
  readonly rankingId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly placement: string;
  readonly consent: Consent;
  readonly arm: string | null;
  /** The version that chose it, or `SITE_ORDER`. */
  readonly weights: string;
  /** Null in partitions from before it was stored. */
  readonly draw: SlateDraw | null;
  /** One entry per slot, here and below. */
  readonly itemIds: readonly string[];
  /** Fixed-point scores. */
  readonly units: Int32Array;
  /** By how many units each slot's score was raised when it was drawn; absent where none was. */
  readonly raises?: Int32Array;
  /** By how many units boosts moved each slot's score when it was drawn; absent where there were none. */
  readonly boosts?: Int32Array;
  /** 1 where a slot was pinned: nobody chose its item by merit. Absent where none was. */
  readonly pinned?: Uint8Array;
  /** Caps, quotas or pins decided with the scores what could stand in a slot. */
  readonly isRestricted?: true;
  /** How many items the pages above hold; absent: it is the first page. */
  readonly pageOffset?: number;
  /** Conditional probability of each slot given the slots above. */
  readonly propensities: Float64Array;
  /** `Uint8Array(slots × F)`, as logged. */
  readonly codes: Uint8Array;
  /** What competed, where that is known; partitions do not hold it. */
  readonly pool?: SlatePool;
  /** Undefined where nothing happened. */
  readonly tallies: readonly (Tallies | undefined)[];
}

/** What a ranking could have shown (see `knownPool`): nothing counts as an example for not having been shown. */
export interface SlatePool {
  /** `Uint8Array(candidates × F)`. */
  readonly codes: Uint8Array;
  /** Of each slot its candidate's index. */
  readonly shown: readonly number[];
}

/** How chance had its part in a slate. */
export interface SlateDraw extends ExplorationSpec {
  /** Of the ranking; absent in partitions from before it was stored, when it had no part in what could be drawn. */
  readonly seed?: number;
  /** Two arms drafted it in turn: no one policy drew it. */
  readonly isDrafted: boolean;
}

/** What learners need of one. */
export type TrainingSlate = Pick<
  LoggedSlate,
  | 'at'
  | 'sessionId'
  | 'userId'
  | 'weights'
  | 'itemIds'
  | 'propensities'
  | 'codes'
  | 'tallies'
  | 'pinned'
  | 'pageOffset'
> &
  // Read only where rankings of some placements are learned from.
  Partial<Pick<LoggedSlate, 'placement'>>;
