import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { estimate, type MonthlyUsage } from '../../../backend/costs/estimate.ts';
import { measure, type Measured } from '../../../backend/costs/measure.ts';
import { monthlyUsage } from '../../../backend/costs/monthly-usage.ts';
import { costsOf, type Costs } from '../../../backend/costs/service.ts';
import { costs } from '../../../backend/costs/settings.ts';
import { readHighCosts } from '../../../backend/monitor/high-costs.ts';
import { openStore } from '../../../backend/store/open.ts';
import { batches, pointerRevisions, publications, runs } from '../../../backend/store/tables.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runCli } from '../cli/support/cli.ts';
import { SECRET_KEY, startTestBackend } from '../support/backend.ts';

const { prices } = costs.parse({});

const NOTHING_USED: MonthlyUsage = {
  workerRequests: 0,
  workerCpuMs: 0,
  durableObjectRequests: 0,
  durableObjectGbSeconds: 0,
  durableObjectRowsRead: 0,
  durableObjectRowsWritten: 0,
  durableObjectStorageGb: 0,
  kvReads: 0,
  kvWrites: 0,
  kvDeletes: 0,
  kvStorageGb: 0,
  bucketWrites: 0,
  bucketReads: 0,
  bucketStorageGb: 0,
  trainingHours: 0,
};

test.each<[string, Partial<MonthlyUsage>, number]>([
  ['nothing is used: the plan', {}, 5],
  ['what is included costs nothing', { workerRequests: 10_000_000, kvReads: 10_000_000 }, 5],
  // 5 + 15 × 0.30, and 15 M × 7 ms = 105 M ms: (105 − 30) × 0.02; the example of Cloudflare's page on prices is 8.00.
  ['15 M requests of 7 ms', { workerRequests: 15_000_000, workerCpuMs: 105_000_000 }, 8],
  // (1.5 − 1) × 0.15; (1.2 M − 0.4 M) GB-s × 12.50 a million.
  ['objects', { durableObjectRequests: 1_500_000, durableObjectGbSeconds: 1_200_000 }, 15.075],
  // (80 − 50) × 1.00; (7 − 5) × 0.20; (26 − 25) billion = 1,000 M × 0.001.
  [
    'rows',
    {
      durableObjectRowsWritten: 80_000_000,
      durableObjectStorageGb: 7,
      durableObjectRowsRead: 26_000_000_000,
    },
    36.4,
  ],
  // (30 − 10) × 0.50; (3 − 1) × 5; (2 − 1) × 5; (3 − 1) × 0.50.
  ['KV', { kvReads: 30_000_000, kvWrites: 3_000_000, kvDeletes: 2_000_000, kvStorageGb: 3 }, 31],
  // (2 − 1) × 4.50; (20 − 10) × 0.36; (110 − 10) × 0.015.
  ['a bucket', { bucketWrites: 2_000_000, bucketReads: 20_000_000, bucketStorageGb: 110 }, 14.6],
])('a bill by hand: %s', (_, used, total) => {
  const bill = estimate({ ...NOTHING_USED, ...used }, prices);
  expect(bill.total).toBeCloseTo(total, 9);
  expect(bill.lines).toHaveLength(16);
  expect(bill.lines.reduce((sum, { cost }) => sum + cost, 0)).toBe(bill.total);
});

test('prices of the configuration count, and so does an hour of training', () => {
  const own = costs.parse({
    prices: { plan: 0, trainingHour: 2, workerRequests: { included: 0 }, currency: 'EUR' },
  }).prices;
  const bill = estimate({ ...NOTHING_USED, trainingHours: 1.5, workerRequests: 1_000_000 }, own);
  expect(bill).toMatchObject({ currency: 'EUR', total: 3.3 });
});

const MEASURED: Measured = {
  days: 2,
  rankings: 1000,
  events: 400,
  batches: 20,
  pointerMoves: 3,
  published: 7,
  deleted: 2,
  kvBytes: 2e9,
  trainings: 2,
  trainingMs: 1_800_000,
};

test('a month is fifteen times two days, and what goes by the clock comes to it, by hand', () => {
  const usage = monthlyUsage(
    MEASURED,
    { isolates: 2, workerCpuMs: 4, durableObjectMs: 10, watchEveryMs: 3000, edgeProbeMs: 15_000 },
    { bytes: 5e9, objects: 30, written: 6 },
  );
  const requests = 15_000 + 6000 + 2 * 864_000 + 172_800 + 150 + 30;
  const calls = 15_000 + 6000 + 300 + 2 * 518_400;
  const rows = 4 * 15_000 + 12 * 6000 + 4 * 300;
  expect(usage).toEqual({
    workerRequests: requests,
    workerCpuMs: 4 * requests,
    durableObjectRequests: calls,
    durableObjectGbSeconds: (calls * 10 * 0.128) / 1000,
    durableObjectRowsRead: 2 * rows,
    durableObjectRowsWritten: rows,
    durableObjectStorageGb: (200 * 2 * 200) / 1e9,
    kvReads: 1_036_800 + 1_036_800 + 2 * 864_000,
    kvWrites: 150,
    kvDeletes: 30,
    kvStorageGb: 2,
    bucketWrites: 90,
    bucketReads: 900,
    bucketStorageGb: 5,
    trainingHours: 7.5,
  });
  const idle = monthlyUsage(
    { ...MEASURED, rankings: 0, events: 0, batches: 0, trainings: 0 },
    { isolates: 1, workerCpuMs: 4, durableObjectMs: 10, watchEveryMs: 3000, edgeProbeMs: 0 },
    undefined,
  );
  expect(idle).toMatchObject({ bucketWrites: 0, bucketReads: 0, bucketStorageGb: 0 });
  expect(idle.workerRequests).toBe(2 * 864_000 + 180);
});

const NOW = Date.UTC(2026, 10, 30, 12);

test('what is measured is what was stored in the last seven days, and nothing before', async () => {
  const store = await openStore({ url: `file:${join(temporaryFolder(), 'a.db')}` });
  onTestFinished(() => store.close());
  expect(await measure(store, NOW)).toBeUndefined();
  const at = (days: number) => NOW - days * DAY_MS;
  const batch = (batchId: string, committedAt: number) => ({
    batchId,
    decisions: 100,
    events: 30,
    committedAt,
  });
  await store.write([store.db.insert(batches).values(batch('just now', NOW - 60_000))]);
  expect(await measure(store, NOW)).toBeUndefined();
  const published = (key: string, publishedAt: number, deletedAt: number | null = null) => ({
    key,
    sha256: 'x',
    publishedAt,
    deletedAt,
  });
  const run = (id: string, startedAt: number, finishedAt: number | null) => ({
    id,
    status: 'done' as const,
    params: {},
    progress: {},
    startedAt,
    finishedAt,
  });
  await store.write([
    store.db
      .insert(batches)
      .values([batch('old', at(8)), batch('first', at(4)), batch('b', at(1))]),
    store.db
      .insert(publications)
      .values([published('a', at(9), at(2)), published('b', at(3)), published('c', at(1))]),
    store.db.insert(pointerRevisions).values([
      { revision: 1, at: at(10) },
      { revision: 2, at: at(2) },
    ]),
    store.db
      .insert(runs)
      .values([
        run('old', at(9), at(8.9)),
        run('a', at(2), at(2) + 5000),
        run('b', NOW - 7000, null),
      ]),
  ]);
  expect(await measure(store, NOW)).toEqual({
    days: 7,
    rankings: 300,
    events: 90,
    batches: 3,
    pointerMoves: 1,
    published: 2,
    deleted: 1,
    kvBytes: 0,
    trainings: 2,
    trainingMs: 12_000,
  });
  const service = (monthlyLimit?: number) =>
    costsOf({
      store,
      settings: costs.parse({ monthlyLimit }),
      location: { kind: 'folder', path: '/nowhere' },
      watchEveryMs: 3000,
      edgeProbeMs: 0,
      nowMs: () => NOW,
    });
  const { bill } = await service().estimate();
  const kindsOf = async (one: Costs) => (await readHighCosts(one)).findings.map(({ kind }) => kind);
  expect(await kindsOf(service(bill!.total))).toEqual([]);
  expect(await kindsOf(service(bill!.total - 0.01))).toEqual(['costs']);
  expect(await kindsOf(service())).toEqual([]);
});

test('what is too little to tell keeps an alert as it is', async () => {
  const observed = await readHighCosts({
    estimate: () => Promise.resolve({ measured: null, bill: null, monthlyLimit: 1 }),
  });
  expect(observed).toMatchObject({ findings: [], unknown: ['costs'] });
});

test('the command shows each line with what was measured', async () => {
  const backend = await startTestBackend();
  onTestFinished(() => backend.close());
  const command = () => runCli(['costs', '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });
  expect((await command()).stdout).toMatch(/Less than an hour/);
  const store = await openStore(backend.config.database);
  await store.write([
    store.db.insert(batches).values({
      batchId: 'a',
      decisions: 1_000_000,
      events: 0,
      committedAt: Date.now() - DAY_MS,
    }),
  ]);
  await store.close();
  const { stdout, exitCode } = await command();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/rankings +1,000,000/);
  expect(stdout).toMatch(/workerRequests +55,\d00,000 +10,000,000 +0\.3 +13\.\d\d/);
  expect(stdout).toMatch(/In all \d+\.\d\d USD a month, by prices of 2026-11-30\./);
});
