import { spawnSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imports-'));
  cpSync(join(ROOT, '.dependency-cruiser.mjs'), join(folder, '.dependency-cruiser.mjs'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  plant('shared/domain/item.ts', 'export interface Item { id: string }');
  plant('edge/rank/rank.ts', "import type { Item } from '../../shared/domain/item.ts';");
  plant('backend/store/open.ts', 'export interface Store { url: string }');
  plant('backend/science/learn/fit.ts', 'export interface Fit { loss: number }');
  plant('backend/models/versions.ts', "import type { Store } from '../store/open.ts';");
  plant('backend/models/pointer.ts', 'export interface Pointer { id: string }');
});
afterEach(() => rmSync(folder, { recursive: true }));

function plant(file: string, source: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), source);
}

/** As `npm run check` runs it. */
function check(): { status: number | null; output: string } {
  const bin = join(ROOT, 'node_modules/.bin/depcruise');
  const run = spawnSync(process.execPath, [bin, 'shared', 'edge', 'backend'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status: run.status, output: run.stdout + run.stderr };
}

test('a type that is imported inline is refused by lint, as the check of imports does not see it', () => {
  cpSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  plant('backend/science/learn/fit.ts', "export type S = import('../../store/open.ts').Store;");
  const bin = join(ROOT, 'node_modules/.bin/oxlint');
  const { status, stdout } = spawnSync(bin, ['backend'], { cwd: folder, encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stdout).toContain('consistent-type-imports');
});

test('every folder of the backend is in the list', async () => {
  const { default: config } = (await import(join(ROOT, '.dependency-cruiser.mjs'))) as {
    default: { forbidden: { name: string; to: { path: string } }[] };
  };
  const listed = config.forbidden.flatMap(({ name, to }) =>
    name.endsWith(' is below') ? [name.replace(' is below', ''), to.path] : [],
  );
  const folders = globSync(['backend/*/', 'backend/science/*/'], { cwd: ROOT })
    .map((path) => path.replace(/\/$/, ''))
    .filter((path) => !['backend/science', 'backend/cli'].includes(path));
  expect(folders.length).toBeGreaterThan(20);
  const isListed = (path: string) =>
    listed.some((one) => one === path || new RegExp(one).test(`${path}/`));
  expect(folders.filter((path) => !isListed(path))).toEqual([]);
});

test.each([
  ['the clock', 'export const now = (): number => Date.now();', 'no-restricted-properties'],
  ['chance', 'export const draw = (): number => Math.random();', 'no-restricted-properties'],
  ['the environment', 'export const all = (): unknown => process.env;', 'no-restricted-globals'],
])('science may not read %s', (_, source, rule) => {
  cpSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  plant('backend/science/learn/impure.ts', source);
  const bin = join(ROOT, 'node_modules/.bin/oxlint');
  const { status, stdout } = spawnSync(bin, ['backend'], { cwd: folder, encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stdout).toContain(rule);
});

test('imports that go down pass, and all files are seen', () => {
  const { status, output } = check();
  expect(output).toContain('no dependency violations found (6 modules, 2 dependencies cruised)');
  expect(status).toBe(0);
});

/** What is wrong, with the files that do it and the rule that says so. */
const FORBIDDEN: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'science imports a type of the store',
    { 'backend/science/learn/fit.ts': "import type { Store } from '../../store/open.ts';" },
    'science is pure: backend/science/learn/fit.ts',
  ],
  [
    'science reads a file',
    { 'backend/science/learn/read.ts': "import { readFileSync } from 'node:fs';" },
    'science is pure: backend/science/learn/read.ts',
  ],
  [
    'a lower folder imports a type of a higher one',
    { 'backend/store/upward.ts': "import type { Pointer } from '../models/pointer.ts';" },
    'backend/store is below: backend/store/upward.ts',
  ],
  [
    'two folders need each other’s types',
    { 'backend/store/mutual.ts': "import type { Pointer } from '../models/pointer.ts';" },
    'no cycle between folders: backend/',
  ],
  [
    'two files need each other’s types',
    {
      'backend/settings/one.ts': "import type {} from './other.ts';",
      'backend/settings/other.ts': "import type {} from './one.ts';",
    },
    'no cycle between files: backend/settings/',
  ],
  [
    'the edge imports the backend',
    { 'edge/rank/far.ts': "import type { Store } from '../../backend/store/open.ts';" },
    'edge and backend are apart: edge/rank/far.ts',
  ],
  [
    'shared code imports a platform',
    { 'shared/domain/platform.ts': "import { cpus } from 'node:os';" },
    'shared is alone: shared/domain/platform.ts',
  ],
];

test('what is forbidden is refused, each by its own rule', () => {
  for (const [, files] of FORBIDDEN)
    for (const [file, source] of Object.entries(files)) plant(file, source);
  const { status, output } = check();
  expect(status).not.toBe(0);
  const errors = output.split('\n').filter((line) => line.trim().startsWith('error'));
  const unseen = FORBIDDEN.filter(([, , says]) => !errors.some((line) => line.includes(says)));
  expect(unseen.map(([what]) => what)).toEqual([]);
});
