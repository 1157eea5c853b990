/**
 * `npm run client` writes the module by which the Worker serves the client. `npm run build` in the package's folder writes what is
 * published: a file for each entry, and types.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { SERVED_FILE, servedModule } from './served.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const PUBLISHED = ['index.js', 'extras.js', 'react.js'] as const;

if (process.argv.includes('--publish')) {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST, { recursive: true });
  for (const name of PUBLISHED) await writeFile(DIST + name, await bundle(name));
  execFileSync('tsc', ['-p', fileURLToPath(new URL('tsconfig.types.json', import.meta.url))], {
    stdio: 'inherit',
  });
} else await writeFile(SERVED_FILE, await servedModule());
