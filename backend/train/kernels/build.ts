import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

/** Compiles `assembly/` to `kernels.wasm`, or to the file named. `npm run kernels` */
const { error, stderr } = await main([
  fileURLToPath(new URL('./assembly/index.ts', import.meta.url)),
  '--outFile',
  process.argv[2] ?? fileURLToPath(new URL('./kernels.wasm', import.meta.url)),
  ...['--enable', 'simd', '--enable', 'threads', '--importMemory', '--sharedMemory'],
  ...['--initialMemory', '1', '--maximumMemory', '65536', '--runtime', 'stub', '--noAssert'],
  ...['-O3', '--converge'],
]);
if (error !== null) {
  console.error(stderr.toString());
  process.exitCode = 1;
}
