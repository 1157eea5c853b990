/** What a person did with an item that they were shown, as bits. */
export const CLICKED = 1;
export const BOOKED = 2;

/** Rankings of people, in order of time, as numbers: 7 bytes per shown item and 16 per ranking. What was pinned is not among them,
 * as nobody chose it by merit. */
export interface ShownItems {
  /** Ids by item number. */
  readonly items: readonly string[];
  /** Per ranking: epoch ms, and the number of the person that it is of. */
  readonly at: Float64Array;
  readonly person: Uint32Array;
  /** Where the rows of a ranking start, from the top; the last entry is how many rows there are. */
  readonly starts: Uint32Array;
  /** Per row: item number, its slot from 0 in the whole list, pages above included, and what was done. */
  readonly item: Uint32Array;
  readonly slot: Uint16Array;
  readonly did: Uint8Array;
}
