import module from './kernels.wasm';
import type { Module } from './web-assembly.ts';

/** A Worker may not compile bytes: it is deployed with the module, which is compiled before it starts. */
export const kernelModule: Module = module;
