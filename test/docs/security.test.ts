import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { DEFAULT_TRAINING_DATA } from '../../backend/log/settings.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

interface LockEntry {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
> & { readonly allowScripts: Record<string, boolean> };
const lock = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockEntry>>;
};
/** But for the project's own folders, links to them and what comes within another package's archive, which have no archive of their own. */
const locked = Object.entries(lock.packages).filter(
  ([path, { link, inBundle }]) =>
    path.includes('node_modules/') && link !== true && inBundle !== true,
);
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 13);

test('every locked package has the SHA-512 of its content, so that a changed one is not installed', () => {
  expect(locked.length).toBeGreaterThan(100);
  const without = locked.filter(
    ([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''),
  );
  expect(without).toEqual([]);
});

test('every locked package comes from the registry, and from no address of its own', () => {
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('no package may run a script when it is installed, and those that have one are known', () => {
  const scripted = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  expect([...new Set(scripted)].toSorted()).toEqual(Object.keys(manifest.allowScripts).toSorted());
  expect(Object.values(manifest.allowScripts).filter(Boolean)).toEqual([]);
});

test('SECURITY.md says of each dependency what it may do, and names no other', () => {
  const rows = [...read('SECURITY.md').matchAll(/^\| `([@\w/.-]+)` +\|/gm)].map(([, name]) => name);
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const all = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(rows.filter((name) => !/^[A-Z_]+$/.test(name)).toSorted()).toEqual(all.toSorted());
});

test('the pages say for how long the log and its counts are kept as the settings do', () => {
  const { retentionDays, dailyCountsDays } = DEFAULT_TRAINING_DATA;
  expect(read('SECURITY.md')).toContain(`\`trainingData.retentionDays\` (${retentionDays})`);
  expect(read('SECURITY.md')).toContain(`\`trainingData.dailyCountsDays\` (${dailyCountsDays})`);
  expect(read('docs/learning.md')).toContain(`the ${retentionDays} days that are retained`);
  expect(read('docs/operating.md')).toContain(`stay for ${dailyCountsDays} days`);
  expect(read('docs/architecture.md')).toContain(`${dailyCountsDays} days`);
});

test('every test that the threat model names is there', () => {
  const named = [...read('SECURITY.md').matchAll(/`(test\/[\w./-]+)`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(10);
  const missing = [...new Set(named)].filter(
    (name) => !existsSync(new URL(`../../${name}`, import.meta.url)),
  );
  expect(missing).toEqual([]);
});

test('SECURITY.md says which packages run at the edge, and how large the Worker is', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../edge/worker.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    outdir: 'out',
    external: ['cloudflare:workers', 'node:crypto'],
    conditions: ['workerd'],
    loader: { '.wasm': 'copy' },
    logLevel: 'error',
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  expect([...new Set(packages)]).toEqual(['itty-router', 'aws4fetch']);
  const [, stated] = /Worker has at most (\d+) kB/.exec(read('SECURITY.md')) ?? [];
  const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  expect(read('SECURITY.md')).toContain(
    'Two packages run at the edge, `itty-router`, and `aws4fetch`',
  );
  const kilobytes = bytes / 1000;
  expect(kilobytes).toBeLessThanOrEqual(Number(stated));
  // A statement that is far above what is there says nothing.
  expect(kilobytes).toBeGreaterThan(Number(stated) * 0.8);
});
