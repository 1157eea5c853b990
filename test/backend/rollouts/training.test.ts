import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import { parseRollout } from '../../../backend/rollouts/settings.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { happened } from '../log/support/log.ts';
import {
  eventually,
  NO_TRAINING,
  runOver,
  startTestBackend,
  type TestBackend,
} from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { sized } from '../../support/size.ts';
import { randomVisit, slotsByDuration } from '../support/visits.ts';

const SLOTS = 6;
const RANKINGS = sized({ small: 300, full: 600 });

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({ training: { ...NO_TRAINING, schedule: '0 3 * * *' } });
});
afterAll(() => backend.close());

const runOf = (runId: string) => runOver(backend, runId);

test('too little feedback fails the run, says so, and moves nothing', async () => {
  const { status, body } = await backend.call('POST', '/v1/train', {});
  expect(status).toBe(202);
  expect(await runOf(body.runId)).toMatchObject({
    status: 'failed',
    version: null,
    error: expect.stringMatching(/not enough data/),
  });
});

test('clicks become a version that is better, stored with its lineage, and live', async () => {
  // Visitors click the item whose duration fits best, which the rules weigh far too little.
  const random = seededRandom(11);
  const decisions = Array.from({ length: RANKINGS }, (_, n) => randomVisit(n, SLOTS, random));
  const events = decisions.map((decision) =>
    happened(decision, 'click', { slot: slotsByDuration(decision)[0], afterMs: 900 }),
  );
  await send(backend, { batchId: 'visits', decisions, events });
  const { body } = await backend.call('POST', '/v1/train', { name: 'from clicks' });
  expect((await backend.call('POST', '/v1/train', {})).body.code).toBe('training_running');
  const run = await runOf(body.runId);
  expect(run).toMatchObject({
    status: 'done',
    version: 'v000001',
    progress: { outcome: 'promoted' },
  });
  expect(run.progress.curve.length).toBeGreaterThan(1);

  const { weights } = (await backend.call('GET', '/v1/status')).body;
  expect(weights).toMatchObject({
    version: 'v000001',
    name: 'from clicks',
    by: `run ${body.runId}`,
  });
  expect(backend.kv.values.has('WEIGHTS/w/v000001')).toBe(true);
  const learned = (await backend.call('GET', '/v1/weights/v000001')).body;
  expect(learned).toMatchObject({
    parent: 'v000000',
    lineage: { counts: { rankings: RANKINGS, rewarded: RANKINGS } },
  });
  const [, best, good] = learned.points.duration;
  expect(best - good).toBeGreaterThan(smarttrip.rules.duration[1] - smarttrip.rules.duration[2]);
  expect((await backend.call('GET', '/metrics')).body).toMatch(
    /^trimtab_training_runs_total\{status="done"\} 1$/m,
  );
});

test('during a hold a run stores its version and leaves the pointer alone', async () => {
  await backend.call('POST', '/v1/weights/v000000/rollback');
  const { body } = await backend.call('POST', '/v1/train', { parent: 'v000000', force: true });
  const run = await runOf(body.runId);
  expect(run).toMatchObject({
    status: 'done',
    version: 'v000002',
    progress: { outcome: expect.stringMatching(/^stored, not promoted: v000000 is held/) },
  });
  expect(backend.kv.text('WEIGHTS/active')).toBe('v000000');
});

test('staged, what passes the gate is scored in shadow first, unless the run says "direct"', async () => {
  await backend.call('POST', '/v1/weights/release');
  await backend.restart({ rollout: parseRollout({ schedule: '' }) });
  const trained = async (asked: object) => {
    const request = { parent: 'v000000', force: true, ...asked };
    // A run's row is final a moment before the next one may start.
    const runId = await eventually(
      async () => (await backend.call('POST', '/v1/train', request)).body.runId,
    );
    return runOf(runId);
  };
  const staged = await trained({});
  expect(staged.progress.outcome).toMatch(
    /^not live yet: rollout \S+ takes it .*"trimtab promote v000003"/,
  );
  const pointer = () => JSON.parse(backend.kv.text('WEIGHTS/active')!);
  expect(pointer()).toMatchObject({ champion: 'v000000', shadow: { version: 'v000003' } });
  const { rollouts } = (await backend.call('GET', '/v1/rollouts')).body;
  expect(rollouts).toMatchObject([
    { challenger: 'v000003', champion: 'v000000', stage: 'shadow', by: `run ${staged.id}` },
  ]);
  expect((await trained({ rollout: 'direct' })).progress.outcome).toBe('promoted');
  expect(pointer().champion).toBe('v000004');
});

test('the weekly training starts from the rules, and the champion is still to be beaten', async () => {
  await backend.restart({
    training: { ...NO_TRAINING, fullSchedule: '* * * * * *', fullLearner: 'additive' },
  });
  const fromRules = await eventually(async () => {
    const { runs } = (await backend.call('GET', '/v1/runs')).body;
    return runs.find(
      (run: any) => run.params.name === 'learned from the rules' && run.status === 'done',
    );
  });
  await backend.restart();
  expect(fromRules.params).toMatchObject({ parent: 'v000004', startFrom: 'v000000' });
  const { lineage } = (await backend.call('GET', `/v1/weights/${fromRules.version}`)).body;
  expect(lineage).toMatchObject({ parent: 'v000004', startFrom: 'v000000' });
  expect(fromRules.progress.validation.parent).not.toEqual(fromRules.progress.validation.learned);
  await backend.call('POST', '/v1/weights/v000004/promote');
});

test('the reward is what the metric weights in force say', async () => {
  await backend.call('PUT', '/v1/metric-weights/smarttrip', {
    weights: { booking: 5 },
    author: 'ana',
    reason: 'clicks are cheap',
  });
  const { body } = await backend.call('POST', '/v1/train', {});
  const run = await runOf(body.runId);
  expect(run).toMatchObject({
    status: 'failed',
    params: { reward: { booking: 5 } },
    error: expect.stringMatching(/0 of 100 rankings with a reward/),
  });
});

test('training is due at three every night, and runs that a crash cut short are closed', async () => {
  const { training } = (await backend.call('GET', '/v1/status')).body;
  expect(new Date(training.nextAt).toISOString()).toMatch(/T03:00:00/);
  await backend.call('POST', '/v1/train', {});
  await backend.restart();
  const { body } = await backend.call('GET', '/v1/runs?limit=1');
  expect(body.runs[0]).toMatchObject({ status: 'failed', finishedAt: expect.any(Number) });
});
