/**
 * Compiles the WebAssembly of the training kernels, of finding neighbours and of re-ranking, as `npm run kernels`. Node gets the latter as text in a
 * module, since `shared/` reads no files; a Worker is deployed with the binary file, since it may not compile bytes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

for (const folder of ['backend/device/cpu', 'backend/catalogue/related', 'shared/kernels'])
  execFileSync(path('node_modules/.bin/asc'), ['--config', path(`${folder}/asconfig.json`)], {
    stdio: 'inherit',
  });

const text = readFileSync(path('shared/kernels/kernels.wasm')).toString('base64url');
writeFileSync(
  path('shared/kernels/kernels-wasm.ts'),
  `/** \`kernels.wasm\` as base64url, written by \`npm run kernels\`. */\nexport const KERNELS_WASM =\n  '${text}';\n`,
);
