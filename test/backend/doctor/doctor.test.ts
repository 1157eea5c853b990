import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ensureKeys } from '../../../backend/config/keys.ts';
import { stateDir } from '../../../backend/config/state-dir.ts';
import type { Check } from '../../../backend/doctor/check.ts';
import { checkClock, checkEdge, type EdgeAccess } from '../../../backend/doctor/check-edge.ts';
import { checkLogStore, type LogStoreToCheck } from '../../../backend/doctor/check-log-store.ts';
import { openObjectStore } from '../../../backend/log/partitions/open-object-store.ts';
import { s3Bucket, type Bucket } from '../../../backend/log/stored-batches/bucket.ts';
import { startLogBucket } from '../support/ways-in.ts';
import { checkObjectStore } from '../../../backend/doctor/check-object-store.ts';
import { checkSchedules } from '../../../backend/doctor/check-schedules.ts';
import { checkUpgrade } from '../../../backend/doctor/check-database.ts';
import { recordJobRun, readJobRuns } from '../../../backend/scheduler/job-runs.ts';
import { openStore } from '../../../backend/store/open.ts';
import { proofOf, type EdgeCheck } from '../../../shared/domain/edge-check.ts';
import { identityKey } from '../../../shared/domain/identity.ts';
import { RELEASE } from '../../../shared/domain/release.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runCli } from '../cli/support/cli.ts';
import { SECRET_KEY, startTestBackend } from '../support/backend.ts';

const ACCESS = {
  secretKeys: ['the secret key'],
  ingestSecrets: ['newer ingest secret', 'older ingest secret'],
  identitySecrets: ['identity secret'],
  logStore: undefined,
};

/** What an edge says that is well, but for what is changed. */
const said = (nonce: string, changes: Partial<EdgeCheck> = {}): EdgeCheck => ({
  release: RELEASE,
  nowMs: Date.now(),
  secrets: {
    // The edge signs by the older one until it has the newer one, too.
    ingest: [proofOf('older ingest secret', nonce)],
    identity: [identityKey('identity secret').fingerprint],
  },
  eventLog: [{ shard: 0, entries: 3, sizeBytes: 2000, attempts: 0 }],
  liveWeights: { cell: 'EU', adopted: true },
  ...changes,
});

async function examined(
  answer: (nonce: string) => Partial<EdgeCheck> | number,
  access: Partial<EdgeAccess> = {},
): Promise<Record<string, Check['state']>> {
  const server = createServer((request, response) => {
    const nonce = new URL(request.url!, 'http://edge').searchParams.get('nonce')!;
    const changes = answer(nonce);
    if (typeof changes === 'number') response.writeHead(changes).end('{}');
    else response.end(JSON.stringify(said(nonce, changes)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const checks = await checkEdge(
    { ...ACCESS, ...access, edgeUrl: `http://127.0.0.1:${port}` },
    Date.now,
  );
  for (const { state, remedy } of checks) expect(remedy === undefined).toBe(state === 'ok');
  return Object.fromEntries(checks.map(({ name, state }) => [name, state]));
}

const WELL = {
  edge: 'ok',
  'keys: secret key': 'ok',
  'keys: ingest secret': 'ok',
  'keys: identity secret': 'ok',
  'clocks: edge': 'ok',
  'path of the log': 'ok',
  'Durable Objects: EventLog': 'ok',
  'Durable Objects: LiveWeights': 'ok',
  'versions: edge': 'ok',
};

test('each fault of an edge is found, and nothing else', async () => {
  expect(await examined(() => ({}))).toEqual(WELL);
  const faults: [(nonce: string) => Partial<EdgeCheck> | number, object][] = [
    [
      (nonce) => ({ secrets: { ...said(nonce).secrets, ingest: [proofOf('another', nonce)] } }),
      { 'keys: ingest secret': 'problem' },
    ],
    [
      (nonce) => ({ secrets: { ...said(nonce).secrets, identity: ['another'] } }),
      { 'keys: identity secret': 'problem' },
    ],
    [() => ({ nowMs: Date.now() - 20_000 }), { 'clocks: edge': 'warning' }],
    [() => ({ nowMs: Date.now() + 3_600_000 }), { 'clocks: edge': 'problem' }],
    [
      () => ({ eventLog: [{ shard: 4, problem: 'overloaded' }] }),
      { 'Durable Objects: EventLog': 'problem' },
    ],
    [
      () => ({ eventLog: [{ shard: 0, entries: 9, sizeBytes: 9, attempts: 5 }] }),
      { 'Durable Objects: EventLog': 'warning' },
    ],
    [
      () => ({ liveWeights: { cell: 'EU', adopted: false } }),
      { 'Durable Objects: LiveWeights': 'problem' },
    ],
    [
      () => ({ liveWeights: { cell: 'EU', adopted: true, problem: 'KV is slow' } }),
      { 'Durable Objects: LiveWeights': 'warning' },
    ],
    [() => ({ logPath: 'store' }), { 'path of the log': 'problem' }],
    [() => ({ release: '9.9.9' }), { 'versions: edge': 'warning' }],
  ];
  for (const [answer, found] of faults)
    expect(await examined(answer)).toEqual({ ...WELL, ...found });
  expect(await examined(() => ({ logPath: 'store' }), { logStore: {} })).toEqual(WELL);
  expect(await examined(() => 401)).toEqual({ 'keys: secret key': 'problem' });
  expect(await examined(() => 404)).toEqual({ 'versions: edge': 'warning' });
  expect(await examined(() => 500)).toEqual({ edge: 'problem' });
  const away = await checkEdge({ ...ACCESS, edgeUrl: 'http://127.0.0.1:1' }, Date.now);
  expect(away).toMatchObject([{ name: 'edge', state: 'problem' }]);
});

test('a clock is as far off as it must be, whenever it was read in between', () => {
  const stateAt = (told: number) => checkClock('clock', 'its', told, 100_000, 101_000).state;
  expect([100_000, 100_500, 101_000, 98_001, 102_999].map(stateAt)).toEqual(Array(5).fill('ok'));
  expect([98_000, 103_000].map(stateAt)).toEqual(['warning', 'warning']);
  expect([40_000, 161_000].map(stateAt)).toEqual(['problem', 'problem']);
});

test('a job that was due and did not run is told, and one that failed', () => {
  const at = Date.UTC(2026, 10, 30, 12);
  const job = { name: 'nightly', schedule: '0 3 * * *', nextAt: at + 1 };
  const run = (startedAt: number, why: string | null = null) =>
    new Map([['nightly', { startedAt, finishedAt: startedAt + 5, problem: why }]]);
  const due = Date.UTC(2026, 10, 30, 3);
  const stateOf = (runs: Parameters<typeof checkSchedules>[1], upSinceMs: number) =>
    checkSchedules([job, { name: 'often', schedule: 500, nextAt: at }], runs, upSinceMs, at).map(
      ({ state }) => state,
    );
  expect(stateOf(run(due), 0)).toEqual(['ok']);
  expect(stateOf(run(due - 86_400_000), 0)).toEqual(['warning']);
  expect(stateOf(new Map(), 0)).toEqual(['warning']);
  // It was due before this backend was there.
  expect(stateOf(new Map(), due + 1)).toEqual(['ok']);
  expect(stateOf(run(due, 'the disk is full'), 0)).toEqual(['warning']);
  expect(checkSchedules([{ ...job, schedule: '' }], new Map(), 0, at)).toEqual([]);
});

test('the last run of a job is kept', async () => {
  const store = await openStore({ url: `file:${join(temporaryFolder(), 'a.db')}` });
  onTestFinished(() => store.close());
  const run = { name: 'a', startedAt: 1, finishedAt: 2 };
  await recordJobRun(store, { ...run, problem: 'no' });
  await recordJobRun(store, { ...run, startedAt: 3 });
  expect([...(await readJobRuns(store)).values()]).toEqual([
    { ...run, startedAt: 3, problem: null },
  ]);
});

test('a store that lies is found out, and one with versions warned of', async () => {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const store = {
    put: async (key: string, bytes: Uint8Array) => void objects.set(key, new Uint8Array(bytes)),
    get: async (key: string) => objects.get(key),
    delete: async (key: string) => void objects.delete(key),
    list: async () => [...objects.keys()],
  };
  const stateOf = async (changes: object) =>
    (await checkObjectStore({ ...store, ...changes })).map(({ state }) => state);
  expect(await stateOf({})).toEqual(['ok']);
  expect(objects.size).toBe(0);
  expect(await stateOf({ isVersioned: async () => true })).toEqual(['warning']);
  expect(await stateOf({ isVersioned: async () => undefined })).toEqual(['ok']);
  expect(await stateOf({ list: async () => [] })).toEqual(['problem']);
  expect(await stateOf({ get: async () => new Uint8Array([1]) })).toEqual(['problem']);
  expect(await stateOf({ delete: async () => undefined })).toEqual(['problem']);
  expect(await stateOf({ put: () => Promise.reject(new Error('403')) })).toEqual(['problem']);
});

test('a bucket of the log is found out that keeps to no conditions, gives no leases, keeps versions, or has what is refused', async () => {
  const { server, location } = await startLogBucket();
  onTestFinished(() => server.close());
  const bucket = s3Bucket(location);
  const stateOf = async (changes: Partial<LogStoreToCheck> = {}) => {
    const checks = await checkLogStore({
      bucket,
      objects: openObjectStore(location),
      refused: async () => [],
      ...changes,
    });
    return checks.map(({ state }) => state);
  };
  const putsBy = (putIf: Bucket['putIf']) => stateOf({ bucket: { ...bucket, putIf } });
  expect(await stateOf()).toEqual(['ok']);
  expect(await putsBy(async () => '"a tag"')).toEqual(['problem']);
  expect(
    await putsBy(async (key, bytes, tag) =>
      tag === undefined ? bucket.putIf(key, bytes, tag) : undefined,
    ),
  ).toEqual(['problem']);
  expect(await stateOf({ objects: { isVersioned: async () => true } })).toEqual(['warning']);
  expect(await stateOf({ refused: async () => [{ key: 'a', problem: 'b' }] })).toEqual(['problem']);
  expect(server.objects.size).toBe(0);
});

test('a version that went back is told what it works beside', () => {
  const none = { newest: 'a', open: [], waiting: [], unknown: [], copies: [] };
  expect(checkUpgrade(none, 0).state).toBe('ok');
  expect(checkUpgrade({ ...none, unknown: ['b'] }, 0).state).toBe('warning');
});

test('the command asks the backend, and without it looks at the files', async () => {
  const folder = temporaryFolder();
  const keys = ensureKeys(stateDir(folder));
  const database = join(folder, 'trimtab.db');
  const backend = await startTestBackend({ database: { url: pathToFileURL(database).href } });
  const settings = { TRIMTAB_DIR: folder, TRIMTAB_EDGE_URL: backend.kv.url };
  const online = await runCli(
    ['doctor', '--json', '--backend', backend.url, '--key', SECRET_KEY],
    settings,
  );
  const { checks } = JSON.parse(online.stdout) as { checks: Check[] };
  const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({
    backend: 'ok',
    KV: 'ok',
    // The KV of the tests is an edge from before there was this question.
    'versions: edge': 'warning',
    'database: writable': 'ok',
    'database: whole': 'ok',
    'clocks: database': 'ok',
    'database: size': 'ok',
    'database: upgrade': 'ok',
    'object store': 'ok',
    'versions: Trimtab': 'ok',
    'alerts: sent': 'warning',
  });
  expect(checks.some(({ name }) => name === 'schedule: check of the database')).toBe(true);
  expect(online.exitCode).toBe(checks.some(({ state }) => state === 'problem') ? 1 : 0);
  // No probe is left.
  expect([...backend.kv.values.keys()].filter((key) => key.includes('doctor'))).toEqual([]);
  await backend.close();

  const offline = await runCli(['doctor', '--backend', backend.url], settings);
  expect(offline.exitCode).toBe(1);
  expect(offline.stdout).toMatch(/^PROBLEM +backend +cannot reach the backend/);
  expect(offline.stdout).toMatch(/ok +database: whole +every page/);
  expect(offline.stdout).not.toContain(keys.secretKey);
  expect(offline.stdout).not.toContain(keys.ingestSecret);
  const bytes = readFileSync(database);
  bytes.fill(0xff, 4096, 4096 * 3);
  writeFileSync(database, bytes);
  const damaged = await runCli(['doctor', '--backend', backend.url], settings);
  expect(damaged.stdout).toMatch(/PROBLEM +database: whole/);
  expect(existsSync(database)).toBe(true);
});

test('the release that is told is that of the package', () => {
  const file = new URL('../../../package.json', import.meta.url);
  expect(RELEASE).toBe(JSON.parse(readFileSync(file, 'utf8')).version);
});
