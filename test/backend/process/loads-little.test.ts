import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const here = (path: string) => new URL(path, import.meta.url);
const THREAD = here('../../../backend/process/thread.ts').href;
const LAUNCH = fileURLToPath(here('../../../backend/launch.js'));

/** The packages that a process and its threads load. */
async function packagesOf(...args: string[]): Promise<Set<string>> {
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [`--import=${here('./support/report-loads.mjs').href}`, ...args],
    // Without what makes loading quick for tests: it joins packages, and their modules could not be told apart.
    { env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const found = stderr.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g);
  return new Set([...found].map(([, name]) => name));
}
const ofThread = (file: string) => {
  const url = here(`../../../backend/${file}`).href;
  const start = `import('${THREAD}').then(({ startThread }) => startThread(new URL('${url}')).stop())`;
  return packagesOf('--eval', start);
};

// Each of them takes longer to load than all of our own modules that a command or a thread loads.
const HEAVY = ['drizzle-orm', 'zod', '@libsql/client', '@libsql/hrana-client', 'wrangler'];

test('a command loads neither what reads the database nor what checks settings before it needs them', async () => {
  const loaded = await packagesOf(LAUNCH, '--version');
  expect([...loaded]).toContain('commander');
  expect(HEAVY.filter((name) => loaded.has(name))).toEqual([]);
});

test.each(['runs/train/worker.ts', 'runs/compare/worker.ts', 'runs/evaluate/worker.ts'])(
  'a thread that learns from partitions loads nothing that reads the database: %s',
  async (file) => {
    const loaded = await ofThread(file);
    expect([...loaded]).toContain('hyparquet');
    expect(HEAVY.filter((name) => loaded.has(name))).toEqual([]);
  },
);

test.each([
  'catalogue/snapshot-worker.ts',
  'catalogue/related/related-worker.ts',
  'catalogue/feeds/feed-worker.ts',
])('a thread that reads all items loads nothing that builds queries: %s', async (file) => {
  const loaded = await ofThread(file);
  expect([...loaded]).toContain('@libsql/client');
  expect([...loaded]).not.toContain('drizzle-orm');
});

test.each(['log/account/account-worker.ts', 'catalogue/snapshot-worker.ts'])(
  'a thread that reads a local database loads nothing that speaks to servers: %s',
  async (file) => {
    const loaded = await ofThread(file);
    expect([...loaded]).toContain('@libsql/client');
    expect([...loaded]).not.toContain('@libsql/hrana-client');
    expect([...loaded]).not.toContain('zod');
  },
);
