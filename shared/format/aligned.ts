import { type ByteReader, ByteWriter, FormatError } from './bytes.ts';

/** Of the widest loads, and of the widest codes. */
const ALIGNMENT = 16;

type Numbers = Uint8Array | Uint16Array | Uint32Array;
type NumbersType<N extends Numbers> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, at: number, length: number): N;
};

const padding = (at: number) => -at & (ALIGNMENT - 1);

/**
 * Writes arrays as they lie in memory, little-endian as all hosts of this code are, each at a multiple of 16 bytes from the start
 * of the artifact.
 */
export class AlignedWriter {
  readonly bytes: ByteWriter;
  readonly #before: number;

  /** @param before bytes of the artifact before what is written. */
  constructor(before: number, capacityBytes: number) {
    this.#before = before;
    this.bytes = new ByteWriter(capacityBytes);
  }

  array({ buffer, byteOffset, byteLength }: Numbers): this {
    const at = this.#before + this.bytes.written().length;
    this.bytes.raw(new Uint8Array(padding(at))).raw(new Uint8Array(buffer, byteOffset, byteLength));
    return this;
  }
}

/** Reads such arrays in place. */
export class AlignedReader {
  readonly #bytes: ByteReader;
  readonly #end: number;

  /** @param bytes from `before` on to the end of the artifact's content, nothing of it read yet. */
  constructor(bytes: ByteReader, before: number) {
    this.#bytes = bytes;
    this.#end = before + bytes.left;
  }

  /** A view where memory is aligned as the artifact is, else a copy. @throws FormatError where it is cut short. */
  array<N extends Numbers>(type: NumbersType<N>, length: number): N {
    this.#bytes.raw(padding(this.#end - this.#bytes.left));
    const bytes = this.#bytes.raw(length * type.BYTES_PER_ELEMENT);
    const { buffer, byteOffset } =
      bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
    return new type(buffer, byteOffset, length);
  }
}

/** A number of entries as a header says it. @throws FormatError unless it is a whole number that so many bytes can hold. */
export function lengthFrom(value: unknown, what: string): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff)
    return value as number;
  throw new FormatError(`${what} is not a number of entries`);
}
