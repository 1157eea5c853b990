import { utf8ToBytes } from '../hash/utf8.ts';

/** Shared, because creating a decoder costs more than decoding most texts. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Up to here making a text of its characters takes half as long as a view and the decoder: most texts are ids. */
const LONGEST_BY_HAND = 40;

/** @returns undefined where not all of it is ASCII. */
function shortAscii(bytes: Uint8Array, at: number, length: number): string | undefined {
  const codes: number[] = [];
  for (let i = 0; i < length; i++) {
    const code = bytes[at + i];
    if (code > 0x7f) return undefined;
    codes.push(code);
  }
  return String.fromCharCode.apply(null, codes);
}

/** Bytes are not what they should be: damaged, of another kind, or of a newer format. */
export class FormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FormatError';
  }
}

/** Writes little-endian values into a buffer that grows as needed. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** @param capacityBytes about how much is written: what grows is copied each time. */
  constructor(capacityBytes = 1024) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }
  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
    return this;
  }
  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }
  i32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
    return this;
  }
  f64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }
  /** The values without a length. */
  f32s(values: Float32Array): this {
    const at = this.#reserve(values.length * 4);
    values.forEach((value, i) => this.#view.setFloat32(at + i * 4, value, true));
    return this;
  }
  /** The bytes without a length. */
  raw(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }
  /** Length (u32), then the bytes. */
  block(value: Uint8Array): this {
    return this.u32(value.length).raw(value);
  }
  /** Length in bytes (u32), then the UTF-8 text. */
  text(value: string): this {
    const at = this.#reserve(4 + value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = at;
        return this.block(utf8ToBytes(value));
      }
      this.#bytes[at + 4 + i] = code;
    }
    this.#view.setUint32(at, value.length, true);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.written().slice();
  }
  /** The same as a view, which a caller copies at once: what is written later may change it. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/**
 * Reads little-endian values, each only after checking that enough bytes are left. Every method throws FormatError,
 * naming the offset, if there are too few.
 */
export class ByteReader {
  /** What is read. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Number of bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }
  f32s(length: number): Float32Array<ArrayBuffer> {
    const at = this.#advance(length * 4);
    return Float32Array.from({ length }, (_, i) => this.#view.getFloat32(at + i * 4, true));
  }
  /** A view of the bytes, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.bytes.subarray(at, at + length);
  }
  /** Passes over as many bytes. @returns where they begin in `bytes`. */
  skip(length: number): number {
    return this.#advance(length);
  }
  block(): Uint8Array {
    return this.raw(this.u32());
  }
  text(): string {
    const length = this.u32();
    const at = this.#advance(length);
    const ascii = length > LONGEST_BY_HAND ? undefined : shortAscii(this.bytes, at, length);
    if (ascii !== undefined) return ascii;
    try {
      return UTF8.decode(this.bytes.subarray(at, at + length));
    } catch {
      throw new FormatError(`text ending at byte ${this.#at} is not UTF-8`);
    }
  }
  /**
   * Reads the number of entries that follow. If so many, of at least `sizeBytes` each, cannot fit, it throws before
   * anything is allocated.
   */
  count(sizeBytes: number): number {
    const count = this.u32();
    if (count * sizeBytes > this.left) {
      throw new FormatError(
        `${count} entries cannot fit in the ${this.left} bytes left at byte ${this.#at}`,
      );
    }
    return count;
  }
  /** @throws FormatError when bytes are left. */
  end(): void {
    if (this.left !== 0) throw new FormatError(`${this.left} bytes too many at byte ${this.#at}`);
  }

  #advance(size: number): number {
    if (size > this.left) {
      throw new FormatError(
        `cut short: ${size} bytes wanted at byte ${this.#at} of ${this.bytes.length}`,
      );
    }
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
