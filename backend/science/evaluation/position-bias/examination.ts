/**
 * Position bias by the position-based examination model: an item is clicked if it is examined and relevant,
 * `P(click) = θ_position · P(relevant | item)` (Richardson et al., WWW 2007; Joachims et al., WSDM 2017). θ is
 * identified only relative to position 1.
 */

/** Impressions; arrays have one entry per item shown. */
export interface Impressions {
  /** 1-based. */
  readonly slot: ArrayLike<number>;
  /** Clicked where above 0. */
  readonly reward: ArrayLike<number>;
  /** Session or user, by which intervals are clustered. */
  readonly cluster: ArrayLike<number>;
}

/** Estimated examination of one slot. */
export interface SlotExamination {
  /** 1-based. */
  readonly slot: number;
  /** θ_slot / θ₁. */
  readonly examination: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
  readonly impressions: number;
  readonly clicks: number;
}

export type ExaminationPropensities =
  | {
      readonly kind: 'estimated';
      readonly method: 'randomised slots' | 'intervention harvesting';
      /** Slots 1, 2, 3, … without gaps. */
      readonly slots: readonly SlotExamination[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

export const MIN_CLICKS = 30;

export interface SlotCounts {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

/** Counts impressions and clicks of slots 1 … `slots`, at index slot − 1. */
export function countSlots({ slot, reward }: Impressions, slots: number): SlotCounts {
  const impressions = new Float64Array(slots);
  const clicks = new Float64Array(slots);
  for (let i = 0; i < slot.length; i++) {
    if (slot[i] > slots) continue;
    impressions[slot[i] - 1]++;
    if (reward[i] > 0) clicks[slot[i] - 1]++;
  }
  return { impressions, clicks };
}

/** Why there are too few clicks at some slot to estimate it; undefined where there are enough. */
export function tooFewClicks({ impressions, clicks }: SlotCounts): string | undefined {
  const slot = clicks.findIndex((count) => count < MIN_CLICKS);
  return slot < 0
    ? undefined
    : `slot ${slot + 1} has ${clicks[slot]} clicks in ${impressions[slot]} impressions, ${MIN_CLICKS} are needed: ask for fewer slots or log for longer`;
}
