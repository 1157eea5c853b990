import type { ItemId } from '../domain/ids.ts';
import {
  isPercent,
  relatedTo,
  type Neighbour,
  type RelatedItems,
  type RelatedReport,
} from '../domain/related.ts';
import { murmur3 } from '../explore/murmur3.ts';
import { bytesToHex, hexToBytes } from '../hash/hex.ts';
import { ByteReader, ByteWriter, FormatError } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';

/**
 * Which items are alike, in parts: an index (`TTRI`) names shards (`TTRS`) by their hashes, and the id of an item says which shard it is in, so that a request reads
 * one of them. Neighbours are named by their ids: what a catalogue becomes, no id points at another item. Both are frames without a schema. Content that is equal gives
 * equal bytes, and shards of which nothing changed keep their hash.
 *
 * Index: the number of items (u32), how many bits of an id's hash choose its shard (u8), and the hash of each shard (16 bytes).
 * Shard: the number of its items (u32); where each of them begins behind these numbers (u32 each), in order of id (code units); then for each its id
 * (text), the number of its neighbours (u8), how alike each is in percent (u8 each), the most alike first, and their ids (one text, a line each).
 */
const INDEX_MAGIC = 'TTRI';
const SHARD_MAGIC = 'TTRS';
const FORMAT = 1;
const HASH_BYTES = 16;
/** Shards have from half as many to as many items as this on average: at 64 neighbours each, some 200 kB. */
const ITEMS_OF_SHARD = 256;
/** Nor more bytes on average, as each is one value of KV: ids may be long. */
const BYTES_OF_SHARD = 2 ** 20;
const MOST_BITS = 16;

export interface RelatedIndex {
  readonly items: number;
  /** Two to this power are the shards. */
  readonly bits: number;
  /** 32 hex digits each. */
  readonly shards: readonly string[];
}

/** How many bits choose the shard where there are so many items. @param sizeBytes of the lists of their neighbours together. */
export const shardBits = (items: number, sizeBytes: number): number => {
  const shards = Math.max(1, items / ITEMS_OF_SHARD, sizeBytes / BYTES_OF_SHARD);
  return Math.min(MOST_BITS, Math.ceil(Math.log2(shards)));
};

/** The number of the shard that an item is in. */
export const shardOfItem = (id: string, bits: number): number =>
  bits === 0 ? 0 : murmur3(id) >>> (32 - bits);

export function relatedIndexToBytes({
  items,
  bits,
  shards,
}: RelatedIndex): Uint8Array<ArrayBuffer> {
  const payload = new ByteWriter().u32(items).u8(bits);
  for (const hash of shards) payload.raw(hexToBytes(hash));
  return sealFrame(INDEX_MAGIC, FORMAT, undefined, payload.finish());
}

/** @throws FormatError when the bytes are damaged or of another kind. */
export function relatedIndexFromBytes(bytes: Uint8Array): RelatedIndex {
  const { payload } = openFrame(INDEX_MAGIC, FORMAT, bytes);
  const [items, bits] = [payload.u32(), payload.u8()];
  if (bits > MOST_BITS || payload.left !== HASH_BYTES * 2 ** bits)
    throw new FormatError(`an index of related items has no shards for ${bits} bits`);
  const shards = Array.from({ length: 2 ** bits }, () => bytesToHex(payload.raw(HASH_BYTES)));
  return { items, bits, shards };
}

/** An item and what is like it, the most alike first. */
export interface RelatedEntry {
  readonly id: ItemId;
  readonly neighbours: readonly Neighbour[];
}

/** @param entries in order of id (code units), each with at most 255 neighbours. */
export function relatedShardToBytes(entries: readonly RelatedEntry[]): Uint8Array<ArrayBuffer> {
  const records = new ByteWriter(1024 * (1 + entries.length));
  const begins: number[] = [];
  for (const { id, neighbours } of entries) {
    begins.push(records.written().length);
    records.text(id).u8(neighbours.length);
    for (const { percent } of neighbours) records.u8(percent);
    records.text(neighbours.map((one) => one.id).join('\n'));
  }
  const payload = new ByteWriter(records.written().length + 4 * entries.length + 4);
  payload.u32(entries.length);
  for (const begin of begins) payload.u32(begin);
  payload.raw(records.written());
  return sealFrame(SHARD_MAGIC, FORMAT, undefined, payload.finish());
}

/** A shard as it is stored: one item is read at a time. */
export class RelatedShard {
  readonly sizeBytes: number;
  readonly #begins: readonly number[];
  readonly #records: Uint8Array;

  /**
   * @param isVerified its bytes were compared with the hash that names them.
   * @throws FormatError when the bytes are damaged or of another kind.
   */
  constructor(bytes: Uint8Array, isVerified = false) {
    const { payload } = openFrame(SHARD_MAGIC, FORMAT, bytes, isVerified);
    const count = payload.count(4);
    this.#begins = Array.from({ length: count }, () => payload.u32());
    this.#records = payload.raw(payload.left);
    this.sizeBytes = bytes.length;
  }

  /** All items of it, in order. */
  entries(): RelatedEntry[] {
    return this.#begins.map((_, i) => this.#entry(i));
  }

  /** @returns undefined where it does not have the item. @throws FormatError when the bytes are damaged. */
  neighbours(id: string): readonly Neighbour[] | undefined {
    let [from, to] = [0, this.#begins.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#reader(middle).text() < id) from = middle + 1;
      else to = middle;
    }
    if (from === this.#begins.length) return undefined;
    const entry = this.#entry(from);
    return entry.id === id ? entry.neighbours : undefined;
  }

  #reader(entry: number): ByteReader {
    return new ByteReader(this.#records.subarray(this.#begins[entry]));
  }

  #entry(entry: number): RelatedEntry {
    const from = this.#reader(entry);
    const id = from.text() as ItemId;
    const percents = [...from.raw(from.u8())];
    const text = from.text();
    const ids = text === '' ? [] : text.split('\n');
    if (ids.length !== percents.length || !percents.every(isPercent))
      throw new FormatError(`${ids.length} neighbours of ${id} do not go with how alike they are`);
    return { id, neighbours: ids.map((one, i) => ({ id: one as ItemId, percent: percents[i] })) };
  }
}

/** Neighbours that were found, and why there are none of some. */
export interface Neighbours {
  readonly related: RelatedItems;
  /** In words; absent where neighbours of all items are known. */
  readonly problem?: string;
}

/**
 * What is published as like some items. Each shard that has one of them is read once.
 * @throws what `shardOf` does.
 */
export async function findRelated(
  to: readonly ItemId[],
  { bits, shards }: Pick<RelatedIndex, 'bits' | 'shards'>,
  shardOf: (hash: string) => Promise<RelatedShard>,
): Promise<Neighbours> {
  const hashes = to.map((id) => shards[shardOfItem(id, bits)]);
  const read = new Map<string, RelatedShard>();
  await Promise.all([...new Set(hashes)].map(async (hash) => read.set(hash, await shardOf(hash))));
  const found = to.map((id, i) => read.get(hashes[i])!.neighbours(id));
  const missing = to.filter((_, i) => found[i] === undefined);
  return {
    related: relatedTo(to, found),
    ...(missing.length > 0 && { problem: `nothing is known of ${missing.join(', ')}` }),
  };
}

/** What an answer says of them. */
export const relatedReport = ({ related: { to, items }, problem }: Neighbours): RelatedReport => ({
  to,
  neighbours: items?.length ?? 0,
  ...(problem !== undefined && { problem }),
});
