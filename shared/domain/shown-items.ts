import type { SipKey } from '../hash/siphash.ts';
import { sipHash32 } from '../hash/siphash.ts';
import { transientUtf8 } from '../hash/utf8.ts';
import { digitsOf24Bits } from './base64url.ts';
import type { ItemId } from './ids.ts';

/** What a token says of the items of its ranking. Positions are from 1. */
export interface ShownItems {
  readonly count: number;
  /** The first position at which the item may be; undefined where it was not shown. */
  positionOf(itemId: ItemId): number | undefined;
  /** Whether the item may be at a position. */
  isAt(itemId: ItemId, position: number): boolean;
}

const TAG_BYTES = 3;

/**
 * A keyed tag of 24 bits for each item, in the order of the slots, so that a token need not hold ids, which were most of it. Without
 * the key an item that has the tag of a slot can be found only by sending events, with odds of 2⁻²⁴ for each; what slips
 * through is recognised when feedback is joined with its decision.
 * @returns four characters of base64url for each item.
 */
export const tagsOf = (itemIds: readonly ItemId[], key: SipKey): string =>
  itemIds.map((id) => digitsOf24Bits(tagOf(id, key))).join('');

/** @param tags the bytes of what `tagsOf` wrote, three for each item. */
export function taggedItems(tags: Uint8Array, key: SipKey): ShownItems {
  const count = tags.length / TAG_BYTES;
  const isTagOf = (slot: number, tag: number) => {
    const at = TAG_BYTES * slot;
    return ((tags[at] << 16) | (tags[at + 1] << 8) | tags[at + 2]) === tag;
  };
  return {
    count,
    positionOf(itemId) {
      const tag = tagOf(itemId, key);
      for (let slot = 0; slot < count; slot++) if (isTagOf(slot, tag)) return slot + 1;
      return undefined;
    },
    isAt: (itemId, position) => position <= count && isTagOf(position - 1, tagOf(itemId, key)),
  };
}

/** Of tokens from before there were tags. */
export const listedItems = (itemIds: readonly ItemId[]): ShownItems => ({
  count: itemIds.length,
  positionOf: (itemId) => (itemIds.includes(itemId) ? itemIds.indexOf(itemId) + 1 : undefined),
  isAt: (itemId, position) => itemIds[position - 1] === itemId,
});

const tagOf = (id: ItemId, key: SipKey): number => sipHash32(key, transientUtf8(id)) & 0xff_ffff;
