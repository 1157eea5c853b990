/** What is used of WebAssembly, which Node and workerd have: the compiler ships these types with the browser's only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Memory: new (limits: { readonly initial: number }) => Memory;
  readonly Instance: new (
    module: Module,
    imports: { readonly env: { readonly memory: Memory } },
  ) => { readonly exports: unknown };
}

/** Compiled code without memory. */
export interface Module {
  readonly [Symbol.toStringTag]: string;
}

export interface Memory {
  /** Another one after each `grow`. */
  readonly buffer: ArrayBuffer;
  /** @param pages of 64 KiB. */
  grow(pages: number): number;
}

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
