import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Packages of many modules. What loads native code or finds its own files by their place is left alone. */
const PACKAGES = [
  'drizzle-orm',
  'zod',
  'hono',
  '@hono/zod-openapi',
  'hyparquet',
  'hyparquet-writer',
];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(ROOT, '.cache/packages');

/**
 * Joins the modules of packages into a few files, which processes and threads of tests load in place of hundreds (see
 * quick-imports.mjs). All entries are joined together, so that each module is in one file and has one state.
 * @returns the path of a JSON object: what our modules import → URL of the file that holds it.
 */
export async function bundlePackages(): Promise<string> {
  const specifiers = importedOf(PACKAGES);
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const own = readFileSync(fileURLToPath(import.meta.url));
  const hash = createHash('sha256')
    .update(lock)
    .update(own)
    .update(specifiers.join('\n'))
    .digest('hex');
  const folder = join(FOLDER, hash.slice(0, 16));
  const manifest = join(folder, 'manifest.json');
  if (!existsSync(manifest)) await make(specifiers, folder);
  return manifest;
}

/** All that our modules import of these packages, by the names that they use. */
function importedOf(packages: readonly string[]): string[] {
  const found = new Set<string>();
  // What the client is built to is no module of ours.
  for (const file of globSync('{backend,edge,shared,test}/**/*.ts', {
    cwd: ROOT,
    exclude: ['**/dist/**'],
  }))
    for (const [, name] of readFileSync(join(ROOT, file), 'utf8').matchAll(
      /\bfrom '([^'.][^']*)';/g,
    ))
      if (packages.some((one) => name === one || name.startsWith(`${one}/`))) found.add(name);
  return [...found].toSorted();
}

/** Another run may do the same at the same time: the first one to be done puts its folder in place. */
async function make(specifiers: readonly string[], folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  const nameOf = (specifier: string) => specifier.replaceAll('/', '.').replace(/\.js$/, '');
  await build({
    entryPoints: specifiers.map((specifier) => ({ in: specifier, out: nameOf(specifier) })),
    absWorkingDir: ROOT,
    outdir: made,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['@libsql/client', '@libsql/client/sqlite3'],
    logLevel: 'error',
  });
  const urlOf = (specifier: string) => pathToFileURL(join(folder, `${nameOf(specifier)}.js`)).href;
  const urls = Object.fromEntries(specifiers.map((specifier) => [specifier, urlOf(specifier)]));
  writeFileSync(join(made, 'manifest.json'), JSON.stringify(urls));
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(made, { recursive: true });
  }
}
