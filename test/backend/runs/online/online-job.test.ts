import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { appendLearned } from '../../reward/support/append-learned.ts';
import { onlineJob } from '../../../../backend/runs/online/online-job.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { parseOnline } from '../../../../backend/runs/online/settings.ts';
import { versions as versionsOf } from '../../../../backend/models/versions.ts';
import { openStore } from '../../../../backend/store/open.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { bucketCount, featureIndex } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import {
  eventually,
  SECRET_KEY,
  startTestBackend,
  type TestBackend,
} from '../../support/backend.ts';
import { send } from '../../support/batches.ts';
import { randomVisit, slotsByDuration } from '../../support/visits.ts';
import { happened } from '../../log/support/log.ts';

const SLOTS = 5;
const DURATION = featureIndex(smarttrip, 'duration');
const LONGEST = bucketCount(smarttrip.features[DURATION]) - 1;
/** A fifth is held out, in which the gate needs 30 sessions with a save. */
const VISITS = 1000;
const online = parseOnline({
  schedule: '* * * * * *',
  minimumRewarded: 30,
  trustRegion: 1,
  cells: ['EU', 'NA'],
});

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({ onlineLearning: online });
});
afterAll(() => backend.close());

/** Visitors who click what fits their duration best, and one in three of whom saves what fits it worst. */
function visits() {
  const random = seededRandom(12);
  const decisions = Array.from({ length: VISITS }, (_, n) => randomVisit(n, SLOTS, random));
  const events = decisions.flatMap((decision, n) => {
    const bySlot = slotsByDuration(decision);
    const click = happened(decision, 'click', { slot: bySlot[0], afterMs: 900 });
    const save = happened(decision, 'save', { slot: bySlot[SLOTS - 1], afterMs: 900 });
    return n % 3 === 0 ? [click, save] : [click];
  });
  return { batchId: 'visits', decisions, events };
}

/** How much more the best fit of the duration gains than the worst, by the last batch of an arm. */
const leaning = (arm: string) => {
  const last = backend.kv.deltas.findLast((batch) => batch.arm === arm);
  const points = (bucket: number) =>
    last?.deltas.find((delta) => delta.feature === 'duration' && delta.bucket === bucket)?.points ??
    0;
  return last === undefined ? undefined : points(1) - points(LONGEST);
};

test('what the champion’s log adds is sent to every cell, by the reward in force, in place of what was sent before', async () => {
  await send(backend, visits());
  await eventually(() => backend.kv.deltas.length >= 2);
  expect(backend.kv.deltas.slice(0, 2)).toMatchObject([
    { arm: 'champion', cell: 'EU', baseVersion: 'v000000', replaces: true },
    { arm: 'champion', cell: 'NA', baseVersion: 'v000000', replaces: true },
  ]);
  expect(leaning('champion')).toBeGreaterThan(1);

  await backend.call('PUT', '/v1/metric-weights/smarttrip', {
    weights: { save: 5 },
    author: 'ana',
    reason: 'clicks are cheap',
  });
  await eventually(() => leaning('champion')! < -1);
  await backend.call('POST', '/v1/metric-weights/smarttrip/withdraw', {
    author: 'ana',
    reason: 'or not',
  });
  await eventually(() => leaning('champion')! > 1);
});

test('arms learn by the reward of their own policy, and arms frozen to a version do not learn', async () => {
  await appendLearned(backend.config.database, { save: 7 });
  const begin = async (name: string, arms: object[], aa = false) => {
    const made = await backend.call('POST', '/v1/experiments', { name, arms, traffic: 0.4, aa });
    expect(made).toMatchObject({ status: 201 });
    const { id } = made.body as { id: string };
    expect((await backend.call('POST', `/v1/experiments/${id}/start`)).status).toBe(200);
    return id;
  };
  const arm = (name: string, reward?: string) => ({ name, weight: 50, ...(reward && { reward }) });
  await begin('frozen', [arm('one'), arm('other')], true);
  const policies = await begin('do weights pay', [arm('fixed', 'fixed'), arm('own', 'adaptive')]);
  await eventually(() => leaning(`${policies}:own`) !== undefined);
  expect(leaning(`${policies}:fixed`)).toBeGreaterThan(1);
  expect(leaning(`${policies}:own`)).toBeLessThan(-1);
  // The champion's policy is fixed: what was learned is only shown.
  expect(leaning('champion')).toBeGreaterThan(1);

  const arms = backend.kv.deltas.map((batch) => batch.arm);
  expect([...new Set(arms)].toSorted()).toEqual(
    ['champion', `${policies}:fixed`, `${policies}:own`].toSorted(),
  );
});

test('with too little feedback nothing is sent; while ops hold a version, nothing is even looked at', async () => {
  const empty = await startTestBackend();
  onTestFinished(() => empty.close());
  const store = await openStore(empty.config.database);
  onTestFinished(() => store.close());
  const lines: string[] = [];
  const job = onlineJob({
    store,
    versions: versionsOf(store, Date.now),
    trainingData: {
      location: empty.config.trainingStore,
      settings: DEFAULT_TRAINING_DATA,
      prepare: async () => ({ manifests: [] }),
    },
    edge: { edgeUrl: empty.config.edgeUrl, secretKey: SECRET_KEY },
    settings: online,
    rewardPolicy: 'fixed',
    nowMs: Date.now,
    log: (line) => lines.push(line),
  });
  await job.run();
  await empty.call('POST', '/v1/weights/v000000/rollback');
  await job.run();
  expect(lines).toEqual([
    'online learning: champion: nothing to add to v000000 (0 of 30 rankings with a reward)',
  ]);
  expect(empty.kv.deltas).toEqual([]);
});
