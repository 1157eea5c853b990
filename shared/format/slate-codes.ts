import { FormatError, type ByteReader, type ByteWriter } from './bytes.ts';

/** By feature, each slot's place among the feature's codes, and these codes in order of their first slot. They grow with the slates. */
let placesOf = new Uint8Array(4096);
let codesOf = new Uint8Array(4096);
/** By feature, of which there are at most 255: how many codes it has, and whether it is one. */
const sizes = new Uint8Array(256);
const isOne = new Uint8Array(256);
/** Of a slate that is read, which features have several codes. Its patterns stand in `placesOf`, and the greatest place of each in `sizes`. */
const varyingOf = new Uint8Array(256);
/** By code; all 0 between features. */
const places = new Uint8Array(256);

/**
 * The feature codes of a slate, `Uint8Array(slots × F)`, in few bytes. What a visitor did not say has one code in all of a slate,
 * and a cross with it repeats the pattern of its other part, so most of many features say little:
 *
 * - F (u8), then a bit for each feature, set where all items of the slate have one code;
 * - of each such feature its code;
 * - of each other one the number of its pattern (u8): which slots have equal codes, numbered in order of their first slot.
 *   A pattern that no feature above has comes with its first use: how many codes it has, less 1 (u8), and the number of each
 *   slot's code in as few bits as that needs. Then the codes themselves, in order.
 *
 * A slate of no items has no features.
 */
export function writeSlateCodes(out: ByteWriter, codes: Uint8Array, slots: number): void {
  const features = slots === 0 ? 0 : codes.length / slots;
  // Typed arrays that are there already, and no sets or texts: every ranking at the edge does this.
  if (placesOf.length < codes.length) {
    placesOf = new Uint8Array(codes.length);
    codesOf = new Uint8Array(codes.length);
  }
  for (let feature = 0; feature < features; feature++) {
    const from = feature * slots;
    let size = 0;
    for (let slot = 0; slot < slots; slot++) {
      const code = codes[slot * features + feature];
      if (places[code] === 0) {
        codesOf[from + size] = code;
        places[code] = ++size;
      }
      placesOf[from + slot] = places[code] - 1;
    }
    for (let i = from; i < from + size; i++) places[codesOf[i]] = 0;
    sizes[feature] = size;
    isOne[feature] = size === 1 ? 1 : 0;
  }
  out.u8(features);
  writeBits(out, isOne, 0, features, 1);
  for (let feature = 0; feature < features; feature++)
    if (sizes[feature] === 1) out.u8(codesOf[feature * slots]);
  /** Where the places begin that were written, in order. */
  const written: number[] = [];
  for (let feature = 0; feature < features; feature++) {
    const size = sizes[feature];
    if (size === 1) continue;
    const from = feature * slots;
    const known = written.findIndex((other) => areSame(placesOf, other, from, slots));
    out.u8(known < 0 ? written.length : known);
    if (known < 0) {
      written.push(from);
      out.u8(size - 1);
      writeBits(out, placesOf, from, slots, bitsFor(size));
    }
    for (let i = from; i < from + size; i++) out.u8(codesOf[i]);
  }
}

function areSame(values: Uint8Array, one: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (values[one + i] !== values[other + i]) return false;
  return true;
}

/** @throws FormatError where the bytes say no codes. */
export function readSlateCodes(from: ByteReader, slots: number): Uint8Array<ArrayBuffer> {
  const features = from.u8();
  if (slots === 0 && features > 0) throw new FormatError(`${features} features of no items`);
  const codes = new Uint8Array(slots * features);
  const { bytes } = from;
  // Offsets, and no views: the backend reads a thousand slates of a batch at a time, and a view costs more than what it shows.
  const constant = from.skip(Math.ceil(features / 8));
  let varying = 0;
  for (let feature = 0; feature < features; feature++) {
    if (((bytes[constant + (feature >> 3)] >> (feature & 7)) & 1) === 0) {
      varyingOf[varying++] = feature;
      continue;
    }
    const code = from.u8();
    if (code === 0) continue;
    for (let at = feature; at < codes.length; at += features) codes[at] = code;
  }
  if (placesOf.length < codes.length) placesOf = new Uint8Array(codes.length);
  let known = 0;
  for (let i = 0; i < varying; i++) {
    const number = from.u8();
    if (number > known) throw new FormatError(`there is no pattern ${number} yet`);
    const pattern = number * slots;
    if (number === known) {
      const size = from.u8() + 1;
      const greatest = unpackBits(from, bitsFor(size), placesOf, pattern, slots);
      if (greatest >= size) throw new FormatError(`pattern ${number} has more than ${size} codes`);
      sizes[known++] = size - 1;
    }
    const own = from.skip(sizes[number] + 1);
    let at = varyingOf[i];
    for (let place = pattern; place < pattern + slots; place++) {
      codes[at] = bytes[own + placesOf[place]];
      at += features;
    }
  }
  return codes;
}

/** Of numbers below `count`. */
const bitsFor = (count: number): number => 32 - Math.clz32(Math.max(1, count - 1));

/** `count` values from one on, the first in the lowest bits of the first byte. */
function writeBits(
  out: ByteWriter,
  values: Uint8Array,
  from: number,
  count: number,
  bits: number,
): void {
  let [byte, filled] = [0, 0];
  for (let i = from; i < from + count; i++) {
    byte |= values[i] << filled;
    filled += bits;
    if (filled < 8) continue;
    out.u8(byte & 255);
    filled -= 8;
    byte >>= 8;
  }
  if (filled > 0) out.u8(byte);
}

/** Reads `count` numbers of `bits` bits, 1 to 8, into `into` from `at` on. @returns the greatest of them; 0 where there are none. */
function unpackBits(
  from: ByteReader,
  bits: number,
  into: Uint8Array,
  at: number,
  count: number,
): number {
  const { bytes } = from;
  const mask = (1 << bits) - 1;
  let next = from.skip(Math.ceil((count * bits) / 8));
  let held = 0;
  let heldBits = 0;
  let greatest = 0;
  for (let i = at; i < at + count; i++) {
    if (heldBits < bits) {
      held |= bytes[next++] << heldBits;
      heldBits += 8;
    }
    const value = held & mask;
    held >>= bits;
    heldBits -= bits;
    into[i] = value;
    if (value > greatest) greatest = value;
  }
  return greatest;
}
