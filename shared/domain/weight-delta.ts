/**
 * An online delta: a change of one weight of the first pass, in points. If the scorer re-ranks and its re-ranker
 * replaces the first pass's score (`rerank.adds` is false), a delta only affects which items are re-ranked.
 */
export interface WeightDelta {
  readonly feature: string;
  readonly bucket: number;
  readonly points: number;
}

/** The most deltas in one batch. */
export const MAX_DELTAS = 4096;

/** The name that stands for the champion where an arm key is expected. */
export const CHAMPION_ARM = 'champion';
