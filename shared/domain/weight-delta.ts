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

/** Sessions that stay on the published weights while others are served with deltas, so that the two can be compared. */
export interface Holdout {
  /** What exposures to it are logged as: without spaces and colons, as ids of experiments are. */
  readonly id: string;
  /** Share of the sessions, 0..1. */
  readonly share: number;
  /** By which sessions are assigned; told to nobody. */
  readonly salt: string;
}

/** Arms of exposures to a holdout. */
export const HELD_OUT = 'holdout';
export const LEARNED = 'learned';

const NAME = /^[^\s:]{1,128}$/;

export function isHoldout(value: unknown): value is Holdout {
  if (typeof value !== 'object' || value === null) return false;
  const { id, share, salt } = value as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    NAME.test(id) &&
    typeof share === 'number' &&
    share >= 0 &&
    share <= 1 &&
    typeof salt === 'string' &&
    salt.length <= 128
  );
}
