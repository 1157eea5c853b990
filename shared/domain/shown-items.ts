import type { SipKey } from '../hash/siphash.ts';
import { sipHash32 } from '../hash/siphash.ts';
import { utf8ToBytes } from '../hash/utf8.ts';
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
 * A keyed tag of 24 bits for each item, in the order of the slots, so that a token need not hold ids, which were most of it. Who
 * does not know the key finds an item that has the tag of a slot by trying it out only, with odds of 2⁻²⁴ for each; what slips
 * through is recognised when feedback is joined with its decision.
 */
export function tagsOf(itemIds: readonly ItemId[], key: SipKey): Uint8Array<ArrayBuffer> {
  const tags = new Uint8Array(TAG_BYTES * itemIds.length);
  itemIds.forEach((id, slot) => {
    const tag = tagOf(id, key);
    for (let i = 0; i < TAG_BYTES; i++) tags[TAG_BYTES * slot + i] = tag >>> (8 * i);
  });
  return tags;
}

export function taggedItems(tags: Uint8Array, key: SipKey): ShownItems {
  const count = tags.length / TAG_BYTES;
  const isTagOf = (slot: number, tag: number) => {
    const at = TAG_BYTES * slot;
    return (tags[at] | (tags[at + 1] << 8) | (tags[at + 2] << 16)) === tag;
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

/** Room for any id of ASCII. */
const ascii = new Uint8Array(128);

function tagOf(id: string, key: SipKey): number {
  const bytes = id.length <= ascii.length && writeAscii(id) ? ascii : utf8ToBytes(id);
  const length = bytes === ascii ? id.length : bytes.length;
  return sipHash32(key, bytes, length) & 0xff_ffff;
}

/** An encoder would be called 20 times for a ranking. @returns false where the text is not ASCII. */
function writeAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    ascii[i] = code;
  }
  return true;
}
