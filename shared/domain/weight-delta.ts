/**
 * A change of one weight of the first pass, as online learning sends it. Where a re-ranker replaces the first pass's
 * score (`rerank.adds` false), it only changes which items are scored again.
 */
export interface WeightDelta {
  readonly feature: string;
  readonly bucket: number;
  readonly points: number;
}

/** In one batch. */
export const MAX_DELTAS = 4096;

/** The arm of everybody who is in no experiment. */
export const CHAMPION_ARM = 'champion';
