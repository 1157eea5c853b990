import type { Outcome } from './outcome.ts';

/** What one visitor did with a slate, by slot. */
export interface Deed {
  readonly slot: number;
  readonly books: boolean;
}

/** What visitors do with what they are shown. */
export interface Behaviour {
  readonly name: string;
  /** What visitors do with a slate on average. @param codes `Uint8Array(slots × F)`. */
  expected(codes: Uint8Array, slots: number): Outcome;
  /** What one of them clicks, top slot first. */
  visit(codes: Uint8Array, slots: number): Deed[];
}

export const outcomeOf = (deeds: readonly Deed[]): Outcome => ({
  clicked: deeds.length > 0 ? 1 : 0,
  clicks: deeds.length,
  bookings: deeds.filter(({ books }) => books).length,
  reciprocalRank: deeds.length > 0 ? 1 / (deeds[0].slot + 1) : 0,
});
