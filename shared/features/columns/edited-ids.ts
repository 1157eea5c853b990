import type { ItemId } from '../../domain/ids.ts';
import { utf8ToBytes } from '../../hash/utf8.ts';
import { firstIndex } from './binary-search.ts';
import type { ItemIds } from './item-ids.ts';
import { compareBytes, IdWriter, packIds, PackedIds, type IdBytes } from './packed-ids.ts';
import type { RowsById } from './row-index.ts';
import { joinedRuns, rowAfter, rowBefore, type RowMoves } from './row-moves.ts';

/** Once a table differs from packed ids in more than this, and more than a 32nd of its rows, they are packed anew. */
const MOST_EDITS = 1024;

/**
 * Packed ids of which some rows were left out, moved or added: the packed ones stay as they are, and what differs lies beside them. So a
 * change of few rows costs as little as these are, where packing a million ids anew takes a tenth of a second.
 */
export class EditedIds implements ItemIds, RowsById {
  readonly length: number;
  readonly #packed: PackedIds;
  /** From packed rows to rows. What was changed and kept its id counts as added. */
  readonly #moves: RowMoves;
  /** By place in `added`. */
  readonly #ids: readonly ItemId[];
  readonly #rows: ReadonlyMap<string, number>;

  private constructor(packed: PackedIds, moves: RowMoves, ids: readonly ItemId[]) {
    this.length = moves.rows;
    this.#packed = packed;
    this.#moves = moves;
    this.#ids = ids;
    this.#rows = new Map(ids.map((id, i) => [id, moves.added[i]]));
  }

  /** @param added ids of the added rows. */
  static of(ids: ItemIds, moves: RowMoves, added: readonly ItemId[]): EditedIds | PackedIds {
    const edited =
      ids instanceof EditedIds
        ? ids.#edited(moves, added)
        : new EditedIds(inOwnMemory(ids), moves, added);
    const { before, added: rows } = edited.#moves;
    return before.length + rows.length > Math.max(MOST_EDITS, edited.length >> 5)
      ? new PackedIds(edited.packed())
      : edited;
  }

  get size(): number {
    return this.length;
  }

  at(row: number): ItemId | undefined {
    const packed = rowBefore(this.#moves, row);
    if (packed >= 0) return this.#packed.at(packed);
    const { added } = this.#moves;
    const i = firstIndex(0, added.length, (place) => added[place] >= row);
    return added[i] === row ? this.#ids[i] : undefined;
  }

  get(id: string): number | undefined {
    const own = this.#rows.get(id);
    if (own !== undefined) return own;
    const packed = this.#packed.get(id);
    const row = packed === undefined ? -1 : rowAfter(this.#moves, packed);
    return row < 0 ? undefined : row;
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  *[Symbol.iterator](): Generator<ItemId, undefined> {
    for (let row = 0; row < this.length; row++) yield this.at(row)!;
  }

  /** The same bytes as of a table that was packed as a whole. */
  packed(): IdBytes {
    const { before, after, lengths, added } = this.#moves;
    const rowOf = new Int32Array(this.#packed.length).fill(-1);
    for (let run = 0; run < before.length; run++)
      for (let i = 0; i < lengths[run]; i++) rowOf[before[run] + i] = after[run] + i;
    const own = this.#ids
      .map((id, i) => {
        const bytes = utf8ToBytes(id);
        return { bytes, row: added[i], ...this.#packed.placeOf(bytes) };
      })
      .toSorted((a, b) => compareBytes(a.bytes, b.bytes));
    const { order, groups, text } = this.#packed.bytes;
    const stay = own.filter(({ isThere }) => isThere);
    if (stay.length === own.length && this.length === this.#packed.length) {
      // No id came or went: only rows are others.
      const rows = order.map((packed) => rowOf[packed]);
      for (const { place, row } of stay) rows[place] = row;
      return { order: rows, groups, text };
    }
    const writer = new IdWriter(this.length, text.length + (text.length >> 3));
    let next = 0;
    const addBefore = (place: number) => {
      while (next < own.length && own[next].place <= place) {
        const { bytes, row } = own[next++];
        writer.add(bytes, bytes.length, row);
      }
    };
    this.#packed.forEachInOrder((id, length, packed, place) => {
      addBefore(place);
      if (rowOf[packed] >= 0) writer.add(id, length, rowOf[packed]);
    });
    addBefore(Infinity);
    return writer.finish();
  }

  #edited(moves: RowMoves, addedIds: readonly ItemId[]): EditedIds {
    const stay = this.#ids.flatMap((id, i) => {
      const row = rowAfter(moves, this.#moves.added[i]);
      return row < 0 ? [] : [{ id, row }];
    });
    const all = [...stay, ...addedIds.map((id, i) => ({ id, row: moves.added[i] }))].toSorted(
      (a, b) => a.row - b.row,
    );
    return new EditedIds(
      this.#packed,
      {
        rows: moves.rows,
        ...joinedRuns(this.#moves, moves),
        added: Uint32Array.from(all, ({ row }) => row),
      },
      all.map(({ id }) => id),
    );
  }
}

/** Ids as a snapshot has them. */
export const idBytesOf = (ids: ItemIds): IdBytes =>
  ids instanceof PackedIds ? ids.bytes : ids instanceof EditedIds ? ids.packed() : packIds(ids);

/** A copy that keeps nothing of the memory that a whole snapshot lies in. */
function inOwnMemory(ids: ItemIds): PackedIds {
  const { order, groups, text } = idBytesOf(ids);
  const copy = { order: order.slice(), groups: groups.slice(), text: text.slice() };
  return new PackedIds(copy, ids instanceof PackedIds ? ids : undefined);
}
