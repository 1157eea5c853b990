import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What the client is published and served as, each from one entry file. */
export const ENTRIES = {
  'index.js': { entry: 'index.ts', format: 'esm' },
  'extras.js': { entry: 'extras/index.ts', format: 'esm' },
  'react.js': { entry: 'react/index.ts', format: 'esm' },
  '/client.js': { entry: 'script-tag.ts', format: 'iife' },
  '/client.extras.js': { entry: 'extras/script-tag.ts', format: 'iife' },
} as const;
export type EntryName = keyof typeof ENTRIES;

/** All browsers of the last three years have what this is made for. */
const TARGET = 'es2023';

/** The text of an entry with all that it needs, but for React; minified, the same each time. */
export async function bundle(name: EntryName): Promise<string> {
  const { entry, format } = ENTRIES[name];
  const { outputFiles = [] } = await build({
    entryPoints: [fileURLToPath(new URL(`../${entry}`, import.meta.url))],
    bundle: true,
    minify: true,
    format,
    target: TARGET,
    external: ['react'],
    // Frameworks that render on the server keep hooks to the browser by it.
    banner: name === 'react.js' ? { js: "'use client';" } : {},
    write: false,
    logLevel: 'error',
    legalComments: 'none',
  });
  return outputFiles[0].text;
}
