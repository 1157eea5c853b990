import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const BROWSER = fileURLToPath(new URL('./browser/', import.meta.url));
const ENTRIES = ['app.ts', 'login.ts', 'reference.ts', 'reference.css', 'style.css'].map(
  (name) => `${BROWSER}${name}`,
);

/** What the dashboard's pages load: scripts and a style sheet, bundled and minified. They hold nothing secret. */
export interface Assets {
  /** Changes with any of them. */
  readonly version: string;
  /** By name, such as `app.js`. */
  readonly files: ReadonlyMap<string, Asset>;
}

export interface Asset {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

let made: Promise<Assets> | undefined;

/** Bundles them once in a process, when a page is asked for first. */
export const assets = (): Promise<Assets> => (made ??= bundle());

async function bundle(): Promise<Assets> {
  const { outputFiles } = await build({
    entryPoints: ENTRIES,
    outdir: BROWSER,
    write: false,
    bundle: true,
    minify: true,
    splitting: true,
    chunkNames: 'part-[hash]',
    format: 'esm',
    target: 'es2023',
    logLevel: 'silent',
  });
  const files = new Map(
    outputFiles.map(({ path, contents }) => {
      const plain = new Uint8Array(contents);
      const asset: Asset = { plain, gzipped: new Uint8Array(gzipSync(plain)) };
      return [path.slice(path.lastIndexOf('/') + 1), asset] as const;
    }),
  );
  const hash = createHash('sha256');
  for (const [name, { plain }] of files) hash.update(`${name}\n`).update(plain);
  return { version: hash.digest('hex').slice(0, 16), files };
}
