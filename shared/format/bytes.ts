import { utf8ToBytes } from '@noble/hashes/utils.js';

/** One for all: making one costs more than most texts take to decode. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class FormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FormatError';
  }
}

/** Grows as it is written; little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

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
  /** Values one after another, no length. */
  f32s(values: Float32Array): this {
    const at = this.#reserve(values.length * 4);
    values.forEach((value, i) => this.#view.setFloat32(at + i * 4, value, true));
    return this;
  }
  /** Raw bytes, no length. */
  raw(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }
  /** Length (u32) and bytes. */
  block(value: Uint8Array): this {
    return this.u32(value.length).raw(value);
  }
  /** Length (u32) and UTF-8. */
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
    return this.#bytes.slice(0, this.#length);
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

/** Checks every bound before it reads. @throws FormatError naming the offset and what was missing. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
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
  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }
  block(): Uint8Array {
    return this.raw(this.u32());
  }
  text(): string {
    const bytes = this.block();
    try {
      return UTF8.decode(bytes);
    } catch {
      throw new FormatError(`text ending at byte ${this.#at} is not UTF-8`);
    }
  }
  /** A count of things that take at least `sizeBytes` each: refused before anything is allocated for it. */
  count(sizeBytes: number): number {
    const count = this.u32();
    if (count * sizeBytes > this.left) {
      throw new FormatError(
        `${count} entries cannot fit in the ${this.left} bytes left at byte ${this.#at}`,
      );
    }
    return count;
  }
  end(): void {
    if (this.left !== 0) throw new FormatError(`${this.left} bytes too many at byte ${this.#at}`);
  }

  #advance(size: number): number {
    if (size > this.left) {
      throw new FormatError(
        `cut short: ${size} bytes wanted at byte ${this.#at} of ${this.#bytes.length}`,
      );
    }
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
