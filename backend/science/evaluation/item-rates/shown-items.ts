/** What a person did with an item that they were shown, as bits. */
export const CLICKED = 1;
export const BOOKED = 2;

/** Rankings of people, in order of time, as numbers: 12 bytes per shown item. */
export interface ShownItems {
  /** Ids by item number. */
  readonly items: readonly string[];
  /** Per ranking: epoch ms, and the number of the person that it is of. */
  readonly at: Float64Array;
  readonly person: Uint32Array;
  /** Where the rows of a ranking start, one per slot from the top; the last entry is how many rows there are. */
  readonly starts: Uint32Array;
  /** Per row: item number, and what was done. */
  readonly item: Uint32Array;
  readonly did: Uint8Array;
}
