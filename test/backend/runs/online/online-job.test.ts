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
/** The bucket of two themes or more. */
const MOST_THEMES = 3;
const DURATION = featureIndex(smarttrip, 'duration');
const THEME = featureIndex(smarttrip, 'theme');
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

/** Visitors who click what fits their duration best, and one in three of whom saves what has most of their themes. */
function visits() {
  const random = seededRandom(12);
  const decisions = Array.from({ length: VISITS }, (_, n) => randomVisit(n, SLOTS, random));
  const events = decisions.flatMap((decision, n) => {
    const bySlot = slotsByDuration(decision);
    const click = happened(decision, 'click', { slot: bySlot[0], afterMs: 900 });
    const themes = bySlot.map((slot) => decision.codes[slot * smarttrip.features.length + THEME]);
    const slot = bySlot[themes.indexOf(Math.max(...themes))];
    const save = happened(decision, 'save', { slot, afterMs: 900 });
    return n % 3 === 0 ? [click, save] : [click];
  });
  return { batchId: 'visits', decisions, events };
}

/** How much more the duration gains, best over worst, than the themes, most over none, by the last batch of an arm. */
const leaning = (arm: string) => {
  const last = backend.kv.deltas.findLast((batch) => batch.arm === arm);
  const points = (feature: string, bucket: number) =>
    last?.deltas.find((delta) => delta.feature === feature && delta.bucket === bucket)?.points ?? 0;
  const duration = points('duration', 1) - points('duration', LONGEST);
  const theme = points('theme', MOST_THEMES) - points('theme', 1);
  return last === undefined ? undefined : duration - theme;
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
