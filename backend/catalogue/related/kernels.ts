import { readFileSync } from 'node:fs';

/** What `assembly/index.ts` exports; places are bytes of the memory. */
export interface Kernels {
  dots(query: number, rows: number, count: number, width: number, out: number): void;
  add(sums: number, list: number, count: number, weight: number): void;
  alike(
    from: number,
    to: number,
    dots: number,
    inverse: number,
    weight: number,
    sums: number,
    totals: number,
    total: number,
    bucketWeight: number,
    least: number,
    out: number,
  ): number;
}

/** The part of WebAssembly that is used: the compiler has these types for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (limits: { initial: number; maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Instance: new (
    module: object,
    imports: { env: { memory: object } },
  ) => { readonly exports: unknown };
};

const PAGE_BYTES = 65_536;
/** 4 GiB. */
const MOST_PAGES = 65_536;

let compiled: object | undefined;

/** @returns the kernels with a memory of their own, all 0. @throws RangeError where there is not so much. */
export function kernelsWith(sizeBytes: number): { kernels: Kernels; buffer: ArrayBuffer } {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(sizeBytes / PAGE_BYTES) + 1,
    maximum: MOST_PAGES,
  });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { kernels: exports as Kernels, buffer: memory.buffer };
}
