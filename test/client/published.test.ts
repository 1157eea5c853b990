import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLIENT = join(ROOT, 'edge/client');
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`;
/** Without what npm and vitest tell their children: NODE_OPTIONS names modules of this process. */
const env = { PATH, HOME: process.env.HOME };

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-client-'));
  folders.push(folder);
  return folder;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}
interface Entry {
  readonly types: string;
  readonly default: string;
}

const manifest = readJson(join(CLIENT, 'package.json')) as {
  readonly version: string;
  readonly private?: boolean;
  readonly license: string;
  readonly exports: Readonly<Record<string, Entry>>;
  readonly dependencies?: unknown;
  readonly publishConfig: { readonly access: string };
};

describe('what npm would publish', () => {
  let packed: Packed;
  let tarball: string;
  beforeAll(() => {
    const target = temporaryFolder();
    const args = ['pack', '--json', '--pack-destination', target];
    const said = execFileSync('npm', args, { cwd: CLIENT, env, encoding: 'utf8' });
    [packed] = JSON.parse(said.slice(said.indexOf('[\n'))) as Packed[];
    tarball = join(target, packed.filename);
    installed = unpack(tarball);
  });
  let installed: string;

  /** In a project of its own, without anything of this one but the tools. */
  function unpack(file: string): string {
    const project = temporaryFolder();
    const target = join(project, 'node_modules/@trimtab/client');
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', file, '-C', target, '--strip-components=1']);
    for (const name of ['react', '@types'])
      symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
    return project;
  }

  test('is what its entries name, the license and a README, and no source, test or setting', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    for (const entry of Object.values(manifest.exports))
      expect(paths).toEqual(
        expect.arrayContaining([entry.types, entry.default].map((path) => path.replace('./', ''))),
      );
    const strange = paths.filter(
      (path) => !/^(LICENSE|README\.md|package\.json|dist\/.*\.(js|d\.ts))$/.test(path),
    );
    expect(strange).toEqual([]);
    expect(packed.files.filter(({ size }) => size === 0)).toEqual([]);
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.private).toBeUndefined();
    expect(manifest.publishConfig).toEqual({ access: 'public' });
    expect(readFileSync(join(CLIENT, 'LICENSE'), 'utf8')).toBe(
      readFileSync(join(ROOT, 'LICENSE'), 'utf8'),
    );
    expect(manifest.license).toBe(readJson(join(ROOT, 'package.json')).license);
  });

  test('runs in Node, each entry by its name', () => {
    const script = `
      const { createClient } = await import('@trimtab/client');
      const { trackScroll } = await import('@trimtab/client/extras');
      const { useRanking } = await import('@trimtab/client/react');
      console.log([createClient, trackScroll, useRanking].map((each) => typeof each).join());`;
    const args = ['--input-type=module', '-e', script];
    const said = execFileSync(process.execPath, args, { cwd: installed, env, encoding: 'utf8' });
    expect(said.trim()).toBe('function,function,function');
  });

  test.each(['bundler', 'nodenext'])('has types that a project with %s reads', (resolution) => {
    writeFileSync(
      join(installed, 'use.tsx'),
      `import { createClient } from '@trimtab/client';
      import { trackScroll } from '@trimtab/client/extras';
      import { useRanking } from '@trimtab/client/react';
      const client = createClient({ url: 'https://rank.shop.dev', key: 'pk_1' });
      export const answer: Promise<{ ranked: boolean }> = client.rank({ limit: 3 });
      export const all = [trackScroll, useRanking];
      // @ts-expect-error -- what is no number is refused, so the types are not any
      void client.rank({ limit: 'three' });
`,
    );
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
    const args = ['use.tsx', '--noEmit', '--strict', '--jsx', 'react-jsx', '--target', 'es2023'];
    const libraries = ['--lib', 'es2023,dom', '--types', 'react', '--ignoreConfig'];
    const how = ['--module', module, '--moduleResolution', resolution];
    expect(() =>
      execFileSync('tsc', [...args, ...libraries, ...how], { cwd: installed, env, stdio: 'pipe' }),
    ).not.toThrow();
  });
});

test('changesets make the next version of the client, and of nothing else', () => {
  const copy = temporaryFolder();
  for (const file of [
    'package.json',
    'package-lock.json',
    '.changeset',
    'edge/client/package.json',
  ])
    cpSync(join(ROOT, file), join(copy, file), { recursive: true });
  writeFileSync(
    join(copy, '.changeset/of-this-test.md'),
    "---\n'@trimtab/client': patch\n---\n\nA change of this test.\n",
  );
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: copy, env });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'all');
  execFileSync(process.execPath, [join(ROOT, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: copy,
    env,
    stdio: 'pipe',
  });
  const { version } = readJson(join(copy, 'edge/client/package.json')) as { version: string };
  expect(version).not.toBe(manifest.version);
  expect(readFileSync(join(copy, 'edge/client/CHANGELOG.md'), 'utf8')).toContain(
    'A change of this test.',
  );
  expect(readJson(join(copy, 'package.json'))).toEqual(readJson(join(ROOT, 'package.json')));
  expect(readdirSync(join(copy, '.changeset')).filter((file) => file.endsWith('.md'))).toEqual([]);
});
