import { fromBase64Url } from '../domain/base64url.ts';
import { KERNELS_WASM } from './kernels-wasm.ts';
import { WebAssembly } from './web-assembly.ts';

export const kernelModule = new WebAssembly.Module(fromBase64Url(KERNELS_WASM));
