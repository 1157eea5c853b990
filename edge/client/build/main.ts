/**
 * `npm run client` writes the module by which the Worker serves the client. `npm run build` in the package's folder writes what is
 * published: a file for each entry, and types. `npm run size` there writes all that is published or served to where `size-limit` weighs it.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundle, ENTRIES, type EntryName } from './bundle.ts';
import { SERVED_FILE, servedModule } from './served.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const WEIGHED = fileURLToPath(new URL('../../../.cache/client/', import.meta.url));
const PUBLISHED = ['index.js', 'extras.js', 'react.js'] as const;

if (process.argv.includes('--size')) await write(WEIGHED, Object.keys(ENTRIES) as EntryName[]);
else if (process.argv.includes('--publish')) {
  await write(DIST, PUBLISHED);
  execFileSync('tsc', ['-p', fileURLToPath(new URL('tsconfig.types.json', import.meta.url))], {
    stdio: 'inherit',
  });
} else await writeFile(SERVED_FILE, await servedModule());

/** Empties the folder first. */
async function write(folder: string, names: readonly EntryName[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(folder + name.replace(/^\//, ''), await bundle(name));
}
