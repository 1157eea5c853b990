import type { ItemId } from '../../domain/ids.ts';
import { utf8ToBytes } from '../../hash/utf8.ts';
import { firstIndex } from './binary-search.ts';
import type { ItemIds } from './item-ids.ts';
import type { RowsById } from './row-index.ts';

/** Ids as bytes: in the order of their UTF-8, each without what it shares with the one before it (front coding). */
export interface IdBytes {
  /** Rows in the order of their ids. */
  readonly order: Uint32Array;
  /** Where each sixteenth id begins, which shares nothing. */
  readonly groups: Uint32Array;
  /**
   * For each id how many bytes are those of the one before it (u8), how many others follow (u8, or 255 and then u16), and these.
   */
  readonly text: Uint8Array;
}

const GROUP = 16;
const MOST_SHARED = 255;
const LONG = 255;
/** More than an id has: 128 characters, of at most 3 bytes for each UTF-16 unit. */
const MOST_BYTES = 1024;

/** Of as many ids, for whoever writes them. */
export function packIds(ids: Iterable<string>): IdBytes {
  const all = Array.from(ids, utf8ToBytes);
  const order = Uint32Array.from(all.keys()).toSorted(
    (a, b) => compareBytes(all[a], all[b]) || a - b,
  );
  const writer = new IdWriter(
    all.length,
    all.reduce((sum, { length }) => sum + length, 0),
  );
  for (const row of order) writer.add(all[row], all[row].length, row);
  return writer.finish();
}

/** Writes ids that come in their order. */
export class IdWriter {
  readonly #order: Uint32Array;
  readonly #groups: Uint32Array;
  #text: Uint8Array;
  readonly #before = new Uint8Array(MOST_BYTES);
  #beforeLength = 0;
  #place = 0;
  #at = 0;

  /** @param bytes of which the text will have about so many. */
  constructor(count: number, bytes: number) {
    this.#order = new Uint32Array(count);
    this.#groups = new Uint32Array(Math.ceil(count / GROUP));
    this.#text = new Uint8Array(bytes);
  }

  /** @param id its first `length` bytes. */
  add(id: Uint8Array, length: number, row: number): void {
    if (this.#at + length + 4 > this.#text.length) this.#grow(length + 4);
    const text = this.#text;
    const before = this.#before;
    let shared = 0;
    if (this.#place % GROUP === 0) this.#groups[this.#place / GROUP] = this.#at;
    else {
      const most = Math.min(length, this.#beforeLength, MOST_SHARED);
      while (shared < most && id[shared] === before[shared]) shared++;
    }
    const others = length - shared;
    text[this.#at++] = shared;
    if (others < LONG) text[this.#at++] = others;
    else {
      text[this.#at++] = LONG;
      text[this.#at++] = others & 0xff;
      text[this.#at++] = others >> 8;
    }
    for (let i = shared; i < length; i++) text[this.#at++] = before[i] = id[i];
    this.#beforeLength = length;
    this.#order[this.#place++] = row;
  }

  finish(): IdBytes {
    return { order: this.#order, groups: this.#groups, text: this.#text.slice(0, this.#at) };
  }

  #grow(bytes: number): void {
    const before = this.#text;
    this.#text = new Uint8Array(2 * before.length + bytes);
    this.#text.set(before);
  }
}

/** The order of ids. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Shared, as one id at a time is read. */
const current = new Uint8Array(MOST_BYTES);

/**
 * Ids by row and rows by id, of a million ids such as `trip-000001` in 12 MB, where the texts alone take three times as much and an
 * index of them as much again. Reading one takes the time of up to 16.
 */
export class PackedIds implements ItemIds, RowsById {
  readonly length: number;
  /** As a snapshot has them. */
  readonly bytes: IdBytes;
  readonly #order: Uint32Array;
  readonly #groups: Uint32Array;
  readonly #text: Uint8Array;
  /** By row its place in the order, counted from 1. */
  readonly #places: Uint32Array;
  #at = 0;

  /**
   * @param same ids of the same bytes in other memory.
   * @throws RangeError unless `order` has each row once, and `groups` points into the text.
   */
  constructor(bytes: IdBytes, same?: PackedIds) {
    const { order, groups, text } = bytes;
    this.bytes = bytes;
    this.length = order.length;
    this.#order = order;
    this.#groups = groups;
    this.#text = text;
    if (same !== undefined) {
      this.#places = same.#places;
      return;
    }
    const places = new Uint32Array(order.length);
    for (let place = 0; place < order.length;) {
      const row = order[place];
      if (places[row] !== 0) throw new RangeError(`row ${row} has no id of its own`);
      places[row] = ++place;
    }
    this.#places = places;
    let isInText = groups.length === Math.ceil(order.length / GROUP);
    for (const at of groups) isInText &&= at < text.length;
    if (!isInText) throw new RangeError('the ids are not where they should be');
  }

  get size(): number {
    return this.length;
  }

  at(row: number): ItemId | undefined {
    if (!(row in this.#places)) return undefined;
    const place = this.#places[row] - 1;
    this.#at = this.#groups[Math.floor(place / GROUP)];
    let length = 0;
    for (let i = place % GROUP; i >= 0; i--) length = this.#next();
    return textOf(length) as ItemId;
  }

  get(id: string): number | undefined {
    const { place, isThere } = this.placeOf(utf8ToBytes(id));
    return isThere ? this.#order[place] : undefined;
  }

  /** @returns the place of the first id that is not before the wanted one, and whether it is that one. */
  placeOf(wanted: Uint8Array): { readonly place: number; readonly isThere: boolean } {
    // The last group whose first id is not beyond it.
    const group =
      firstIndex(0, this.#groups.length, (i) => {
        this.#at = this.#groups[i];
        return compareBytes(current.subarray(0, this.#next()), wanted) > 0;
      }) - 1;
    if (group < 0) return { place: 0, isThere: false };
    this.#at = this.#groups[group];
    const end = Math.min((group + 1) * GROUP, this.length);
    for (let place = group * GROUP; place < end; place++) {
      const difference = compareBytes(current.subarray(0, this.#next()), wanted);
      if (difference >= 0) return { place, isThere: difference === 0 };
    }
    return { place: end, isThere: false };
  }

  /**
   * Calls `use` with each id in order: its bytes, of which the first `length` count and which are others after the call, and its row.
   */
  forEachInOrder(use: (id: Uint8Array, length: number, row: number, place: number) => void): void {
    for (let place = 0; place < this.length; place++) {
      if (place % GROUP === 0) this.#at = this.#groups[place / GROUP];
      const length = this.#next();
      const at = this.#at;
      use(current, length, this.#order[place], place);
      this.#at = at;
    }
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  *[Symbol.iterator](): Generator<ItemId, undefined> {
    for (let row = 0; row < this.length; row++) yield this.at(row)!;
  }

  /** Reads the id at `#at`, and moves on. @returns how many bytes of `current` it has. */
  #next(): number {
    const text = this.#text;
    let at = this.#at;
    const shared = text[at++];
    let others = text[at++];
    if (others === LONG) {
      others = text[at] | (text[at + 1] << 8);
      at += 2;
    }
    others = Math.min(others, MOST_BYTES - shared);
    for (let i = 0; i < others; i++) current[shared + i] = text[at + i];
    this.#at = at + others;
    return shared + others;
  }
}

function textOf(length: number): string {
  for (let i = 0; i < length; i++)
    if (current[i] > 0x7f) return UTF8.decode(current.subarray(0, length));
  return String.fromCharCode.apply(undefined, current.subarray(0, length) as unknown as number[]);
}
