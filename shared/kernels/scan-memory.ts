import { kernelModule } from '#kernel-module';
import { WebAssembly, type Memory } from './web-assembly.ts';

const PAGE = 65_536;
/** Of the widest loads. */
const ALIGNMENT = 16;

/** What a table is made of, as the kernel reads it. */
export type Stored = Uint8Array | Uint16Array | Uint32Array;

/** `assembly/best-rows.ts` */
interface ScanKernel {
  bestRows(program: number, leastKey: number, leastUnits: number): number;
}

/**
 * The memory of one table: its columns and the ranges of its blocks, then room for columns that come later, then scratch space for
 * a request. It never grows, as all views of it would lose their bytes, and goes when the table goes.
 */
export class ScanMemory {
  readonly kernel: ScanKernel;
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
  /** Where the scratch space begins. */
  readonly scratch: number;
  /** Changes when what came later is forgotten, as there was no more room. */
  generation = 0;
  readonly #guestsFrom: number;
  #guestsEnd: number;
  #guests = new WeakMap<Stored, number>();

  /**
   * @param own bytes of the table. @param later bytes for columns that come later. @param scratch bytes for a request.
   * @throws RangeError where the system has no memory.
   */
  constructor({ own, later, scratch }: { own: number; later: number; scratch: number }) {
    this.#guestsFrom = this.#guestsEnd = aligned(own);
    this.scratch = this.#guestsFrom + aligned(later);
    const memory: Memory = new WebAssembly.Memory({
      initial: Math.ceil((this.scratch + scratch) / PAGE),
    });
    this.kernel = new WebAssembly.Instance(kernelModule, { env: { memory } }).exports as ScanKernel;
    const { buffer } = memory;
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    memories.set(buffer, this);
  }

  /** Bytes of the scratch space. */
  get room(): number {
    return this.u8.length - this.scratch;
  }

  /** The memory that an array lies in. */
  static of({ buffer }: Stored): ScanMemory | undefined {
    return memories.get(buffer);
  }

  /** @returns undefined where it is in another memory, and there is no room for a copy. */
  addressOf(array: Stored): number | undefined {
    if (array.buffer === this.u8.buffer) return array.byteOffset;
    return this.#guests.get(array) ?? this.#copied(array);
  }

  #copied(array: Stored): number | undefined {
    const bytes = aligned(array.byteLength);
    if (bytes > this.scratch - this.#guestsFrom) return undefined;
    if (this.#guestsEnd + bytes > this.scratch) {
      this.generation++;
      this.#guestsEnd = this.#guestsFrom;
      this.#guests = new WeakMap();
    }
    const at = this.#guestsEnd;
    this.#guestsEnd += bytes;
    this.u8.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    this.#guests.set(array, at);
    return at;
  }
}

const memories = new WeakMap<ArrayBufferLike, ScanMemory>();

/** Places arrays of a table one after the other. */
export class Placing {
  #at = 0;

  /** @returns where an array of so many bytes is. */
  next(bytes: number): number {
    const at = this.#at;
    this.#at += aligned(bytes);
    return at;
  }
  get end(): number {
    return this.#at;
  }
}

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
