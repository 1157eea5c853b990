import type { ItemIds } from './item-ids.ts';

/** Where items of a table are. A `Map` is one too. */
export type RowsById = Pick<ReadonlyMap<string, number>, 'get' | 'has' | 'size'>;

/**
 * Row by id as a hash table with linear probing, at most half full: 8 to 16 bytes per id, where a `Map` of a million ids takes
 * five times as much and as long to make.
 */
export class RowIndex implements RowsById {
  readonly size: number;
  readonly #ids: ItemIds;
  /** Row + 1 by slot; 0 where there is none. */
  readonly #slots: Uint32Array;

  /** @param ids all different. */
  constructor(ids: ItemIds) {
    this.#ids = ids;
    this.size = ids.length;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * ids.length + 2)));
    for (let row = 0; row < ids.length; row++) this.#slots[this.#slotOf(ids.at(row)!)] = row + 1;
  }

  get(id: string): number | undefined {
    const row = this.#slots[this.#slotOf(id)];
    return row === 0 ? undefined : row - 1;
  }

  has(id: string): boolean {
    return this.#slots[this.#slotOf(id)] !== 0;
  }

  /** That of the id, or else the first empty one on the way to it. */
  #slotOf(id: string): number {
    const last = this.#slots.length - 1;
    let slot = hashOf(id) & last;
    while (this.#slots[slot] !== 0 && this.#ids.at(this.#slots[slot] - 1) !== id)
      slot = (slot + 1) & last;
    return slot;
  }
}

/** FNV-1a over UTF-16 units (G. Fowler, L. C. Noll and K.-P. Vo), its high bits mixed into the low ones that make the slot. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}
