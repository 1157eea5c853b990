import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FolderLocation } from '../../../backend/log/partitions/object-store.ts';
import { DEFAULT_TRAINING_DATA } from '../../../backend/log/settings.ts';
import { dayOf } from '../../../shared/domain/utc-day.ts';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { runCli } from '../cli/support/cli.ts';
import {
  eventually,
  runOver,
  SECRET_KEY,
  startTestBackend,
  type TestBackend,
} from '../support/backend.ts';
import { timeGoesOn } from '../support/time-goes-on.ts';
import { send } from '../support/batches.ts';
import { happened, rankingOf } from '../log/support/log.ts';

const DAY = 86_400_000;
const RANKINGS = 150;
const HOUR_AGO = Date.now() - 3_600_000;

let backend: TestBackend;
beforeAll(async () => {
  // The limits as they are when nobody sets any.
  backend = await startTestBackend({
    trainingData: { ...DEFAULT_TRAINING_DATA, pruneSchedule: '' },
  });
  const rankings = Array.from({ length: RANKINGS }, (_, i) =>
    rankingOf(`r${i}`, HOUR_AGO + i, {
      sessionId: parseSessionId(`s${i}`),
      ...(i % 3 === 0 && { userId: parseUserId(`user-${i % 9}`) }),
    }),
  );
  const clicks = rankings.map((ranking) => happened(ranking, 'click'));
  const decisions = [...rankings, ...timeGoesOn(HOUR_AGO)];
  await send(backend, { batchId: 'now', decisions, events: clicks });
  const old = rankingOf('old', Date.now() - 130 * DAY);
  await send(backend, { batchId: 'old', decisions: [old], events: [happened(old, 'click')] });
});
afterAll(() => backend.close());

const runOf = async (asked: object) => {
  const { body } = await backend.call('POST', '/v1/train', asked);
  return runOver(backend, body.runId);
};

const quality = async (query = '') => (await backend.call('GET', `/v1/data/quality${query}`)).body;
const cli = (...args: string[]) =>
  runCli([...args, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });

describe('the quality of the data', () => {
  test('is told by the backend, in one value', async () => {
    expect(await quality()).toMatchObject({
      schema: 'smarttrip',
      passed: true,
      failures: [],
      completeness: { share: 1, count: RANKINGS, of: RANKINGS },
      attribution: { share: 1, count: RANKINGS, of: RANKINGS },
      filtered: { sessions: {}, rankings: {}, events: {} },
      limits: DEFAULT_TRAINING_DATA.quality,
    });
  });

  test('of a window and a schema, by name', async () => {
    const from = Date.now() - 131 * DAY;
    const { days } = await quality(`?schema=smarttrip&from=${from}&to=${from + 3 * DAY}`);
    expect(days).toMatchObject([{ rankings: 1, kept: 1, partition: 'closed' }]);
    expect(await backend.call('GET', '/v1/data/quality?schema=none')).toMatchObject({
      status: 404,
      body: { code: 'unknown_schema' },
    });
    expect(await backend.call('GET', '/v1/data/quality?from=2&to=1')).toMatchObject({
      status: 400,
    });
  });

  test('is printed by `trimtab data quality`, for people and for machines', async () => {
    const { stdout, exitCode } = await cli('data', 'quality');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^verdict +passed$/m);
    expect(stdout).toMatch(/^complete +100 %, 150 of 150 rankings$/m);
    expect(stdout).toMatch(new RegExp(`^${dayOf(HOUR_AGO)} +150 +150 +150 +150 +open$`, 'm'));
    const json = await cli('data', 'quality', '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      ...(await quality()),
      freshness: expect.anything(),
      to: expect.anything(),
      from: expect.anything(),
    });
  });
});

describe('training', () => {
  const missing = [
    '150 of 10,000 sessions',
    '150 of 10,000 rankings',
    `${new Set([dayOf(HOUR_AGO), dayOf(HOUR_AGO + RANKINGS)]).size} of 30 days`,
    '103 of 1,000 users',
  ];

  test('is refused with what is missing', async () => {
    expect(await runOf({})).toMatchObject({
      status: 'failed',
      version: null,
      error: `not enough data under schema smarttrip for the additive learner: ${missing.join(', ')}; wait for more, or learn all the same with --force`,
    });
  });

  test('goes on when forced, and the lineage says so, with the quality of the data', async () => {
    const run = await runOf({ force: true });
    expect(run).toMatchObject({
      status: 'done',
      progress: { missing, belowMinimums: missing, forced: true },
    });
    const { body } = await backend.call('GET', `/v1/weights/${run.version}`);
    expect(body.belowMinimums).toEqual(missing);
    const below = `trained below the recommended minimums: ${missing.join(', ')}`;
    expect((await cli('weights', 'show', run.version)).stdout).toContain(`data     ${below}`);
    const { stdout } = await cli('weights', 'list');
    expect(stdout).toMatch(new RegExp(`^${run.version} .* below minimums`, 'm'));
    expect(stdout).toMatch(/^v000000 .*UTC *(live)?$/m);
    expect(body.lineage).toMatchObject({
      forced: true,
      missing,
      belowMinimums: missing,
      counts: { rankings: RANKINGS, rewarded: RANKINGS, clickRate: 1, users: 103 },
      quality: { passed: true, completeness: { share: 1 } },
      partitions: [
        { day: dayOf(HOUR_AGO), state: 'open', sha256: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
      ],
    });
  });
});

test('what failed its checks is printed, and the exit code says so', async () => {
  const faulty = Array.from({ length: 20 }, (_, i) =>
    rankingOf(`faulty-${i}`, HOUR_AGO, { snapshot: 'feed' }),
  );
  await send(backend, { batchId: 'faulty', decisions: faulty, events: [] });
  const { exitCode, stdout, stderr } = await cli('data', 'quality', '--days', '2');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^complete +88\.23 %, 150 of 170 rankings \(at fault: 20 snapshot\)$/m);
  expect(stderr).toContain('88.23 % of rankings are complete (150 of 170), under 95 %');
});

test('weights that were learned from failing data are stored, and not promoted unless forced', async () => {
  const enough = { rankings: 1, rewarded: 1, clickRate: 0, days: 1, users: 1 };
  await backend.restart({
    trainingData: {
      ...DEFAULT_TRAINING_DATA,
      pruneSchedule: '',
      minimums: { additive: enough, forest: enough, mlp: enough },
    },
  });
  const run = await runOf({});
  expect(run).toMatchObject({
    status: 'done',
    progress: {
      outcome:
        'stored, not promoted: the data failed its checks: 88.23 % of rankings are complete (150 of 170), under 95 %',
    },
  });
});

test('a deleted user is in no partition any more', async () => {
  const before = await quality();
  expect(before.days[0].kept).toBe(170);
  await backend.call('DELETE', '/v1/users/user-3');
  const after = await quality();
  expect(after.days[0].kept).toBe(170 - 17);
});

test('what is older than the retention goes, rows and partitions', async () => {
  const { path } = backend.config.trainingStore as FolderLocation;
  const old = join(path, smarttrip.hash, `day=${dayOf(Date.now() - 130 * DAY)}`, 'manifest.json');
  expect(existsSync(old)).toBe(true);
  const { stdout, exitCode } = await cli('data', 'prune', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ decisions: 1, events: 1, partitions: 1 });
  expect(existsSync(old)).toBe(false);
  const folders = await readdir(join(path, smarttrip.hash));
  expect(folders.length).toBeGreaterThan(0);
  expect((await cli('data', 'prune')).stdout).toMatch(
    /^0 rankings, 0 events, 0 outcomes and 0 partitions from before .* are deleted\.$/m,
  );
});

test('what is older than the retention goes every day by itself', async () => {
  const old = rankingOf('old-again', Date.now() - 130 * DAY);
  await send(backend, { batchId: 'old-again', decisions: [old], events: [] });
  const counted = async () => (await backend.call('GET', '/v1/status')).body.counts.decisions;
  const before = await counted();
  await backend.restart({
    trainingData: { ...DEFAULT_TRAINING_DATA, pruneSchedule: '* * * * * *' },
  });
  await eventually(async () => (await counted()) === before - 1);
});

test('a window up to the last moment there is is answered, and none beyond', async () => {
  const last = Date.UTC(2100, 0, 1) - 1;
  const { failures, to } = await quality(`?from=${last - DAY}&to=${last}`);
  expect(to).toBe(last);
  expect(failures).toEqual([expect.stringMatching(/^nothing was ranked between 2099-12-30T/)]);
  const beyond = await backend.call('GET', `/v1/data/quality?from=${2 ** 52}`);
  expect(beyond).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

test('a window may begin before all that was logged, and be given by dates', async () => {
  const { from, to } = await quality('?from=0&to=2026-11-01');
  expect([from, to]).toEqual([0, Date.UTC(2026, 10, 1)]);
});
