import { FormatError, type ByteReader, type ByteWriter } from './bytes.ts';

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
  const columns = Array.from({ length: features }, (_, feature) =>
    Array.from({ length: slots }, (__, slot) => codes[slot * features + feature]),
  );
  const distinct = columns.map((column) => [...new Set(column)]);
  out.u8(features).raw(
    packBits(
      distinct.map(({ length }) => Number(length === 1)),
      1,
    ),
  );
  for (const own of distinct) if (own.length === 1) out.u8(own[0]);
  const patterns = new Map<string, number>();
  distinct.forEach((own, feature) => {
    if (own.length === 1) return;
    const pattern = columns[feature].map((code) => own.indexOf(code));
    const known = patterns.get(pattern.join());
    out.u8(known ?? patterns.size);
    if (known === undefined) {
      patterns.set(pattern.join(), patterns.size);
      out.u8(own.length - 1).raw(packBits(pattern, bitsFor(own.length)));
    }
    for (const code of own) out.u8(code);
  });
}

/** @throws FormatError where the bytes say no codes. */
export function readSlateCodes(from: ByteReader, slots: number): Uint8Array<ArrayBuffer> {
  const features = from.u8();
  if (slots === 0 && features > 0) throw new FormatError(`${features} features of no items`);
  const isConstant = unpackBits(from, features, 1);
  const codes = new Uint8Array(slots * features);
  const set = (feature: number, codeOf: (slot: number) => number) => {
    for (let slot = 0; slot < slots; slot++) codes[slot * features + feature] = codeOf(slot);
  };
  isConstant.forEach((is, feature) => {
    if (is === 0) return;
    const code = from.u8();
    set(feature, () => code);
  });
  const patterns: { readonly size: number; readonly of: readonly number[] }[] = [];
  isConstant.forEach((is, feature) => {
    if (is === 1) return;
    const number = from.u8();
    if (number === patterns.length) {
      const size = from.u8() + 1;
      patterns.push({ size, of: unpackBits(from, slots, bitsFor(size)) });
    }
    const pattern = patterns[number];
    if (pattern === undefined) throw new FormatError(`there is no pattern ${number} yet`);
    const own = from.raw(pattern.size);
    if (pattern.of.some((index) => index >= own.length))
      throw new FormatError(`pattern ${number} has more than ${own.length} codes`);
    set(feature, (slot) => own[pattern.of[slot]]);
  });
  return codes;
}

/** Of numbers below `count`. */
const bitsFor = (count: number): number => Math.ceil(Math.log2(Math.max(2, count)));

/** The first value in the lowest bits of the first byte. */
function packBits(values: readonly number[], bits: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil((values.length * bits) / 8));
  values.forEach((value, i) => {
    for (let bit = 0; bit < bits; bit++)
      packed[(i * bits + bit) >> 3] |= ((value >> bit) & 1) << ((i * bits + bit) & 7);
  });
  return packed;
}

function unpackBits(from: ByteReader, count: number, bits: number): number[] {
  const packed = from.raw(Math.ceil((count * bits) / 8));
  return Array.from({ length: count }, (_, i) => {
    let value = 0;
    for (let bit = 0; bit < bits; bit++)
      value |= ((packed[(i * bits + bit) >> 3] >> ((i * bits + bit) & 7)) & 1) << bit;
    return value;
  });
}
