import { readFileSync } from 'node:fs';
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
