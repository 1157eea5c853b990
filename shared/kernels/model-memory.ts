import { WebAssembly, type Memory } from './web-assembly.ts';

const PAGE = 65_536;
/** Of the widest loads. */
const ALIGNMENT = 16;

/** An array of a model, as the kernels read it. */
export type Part = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** Where the parts of a model are. */
export interface Placed {
  readonly addresses: readonly number[];
  /** The parts are there as long as this is the memory's `generation`. */
  readonly generation: number;
}

/**
 * The memory of the kernels: scratch space, and after it the parts of models, which stay there from one request to the next.
 * It cannot be freed in pieces, so when it is full all are forgotten, and those that are still in use are placed again.
 */
export class ModelMemory {
  readonly memory: Memory;
  generation = 0;
  readonly #from: number;
  readonly #limit: number;
  #top: number;

  /** @param scratch bytes before the first part. @param most bytes that parts may take, unless those of one model take more. */
  constructor(scratch: number, most: number) {
    this.#from = aligned(scratch);
    this.#top = this.#from;
    this.#limit = this.#from + most;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(this.#from / PAGE) });
  }

  place(parts: readonly Part[]): Placed {
    const bytes = parts.reduce((sum, { byteLength }) => sum + aligned(byteLength), 0);
    if (this.#top + bytes > this.#limit) {
      this.generation++;
      this.#top = this.#from;
    }
    const missing = this.#top + bytes - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    const to = new Uint8Array(this.memory.buffer);
    const addresses = parts.map(({ buffer, byteOffset, byteLength }) => {
      const at = this.#top;
      to.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      this.#top += aligned(byteLength);
      return at;
    });
    return { addresses, generation: this.generation };
  }
}

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
