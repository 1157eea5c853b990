import type { Pointer } from '../../shared/domain/pointer.ts';
import type { LoadedWeights } from './adopt-weights.ts';
import type { ExperimentState } from './experiment-state.ts';

/** The weights that an isolate serves: the champion's, and what experiments serve beside them. */
export interface CachedWeights extends LoadedWeights {
  readonly pointer?: Pointer;
  /** Absent while the pointer is on hold: experiments pause then. */
  readonly experiments?: ExperimentState;
  /** While on hold: the arms served before it whose LiveWeights object may still have online deltas. */
  readonly armsToReset?: readonly string[];
  /** Why these may not be the live weights; absent when they are confirmed. */
  readonly problem?: string;
  /** What is served at placements with a lineage of their own; absent where there are none. */
  readonly lineages?: LineageWeights;
}

/** What an isolate serves at placements with a lineage of their own, by placement. */
export type LineageWeights = ReadonlyMap<string, CachedWeights>;
