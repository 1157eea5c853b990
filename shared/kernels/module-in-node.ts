import { fromBase64Url } from '../domain/base64url.ts';
import { RERANK_WASM } from './rerank-wasm.ts';
import { WebAssembly } from './web-assembly.ts';

export const rerankModule = new WebAssembly.Module(fromBase64Url(RERANK_WASM));
