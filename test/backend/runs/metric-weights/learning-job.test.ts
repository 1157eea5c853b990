import { afterAll, beforeAll, expect, test } from 'vitest';
import { history } from '../../../../backend/reward/history.ts';
import { learningJob } from '../../../../backend/runs/metric-weights/learning-job.ts';
import { metricLearning } from '../../../../backend/runs/metric-weights/metric-learning.ts';
import { parseMetricWeights } from '../../../../backend/reward/settings.ts';
import { verifyHistory } from '../../../../backend/reward/verify.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { openTestStore, type TestStore } from '../../reward/support/open-test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const target = { kind: 'happened', outcome: 'renewal', horizonDays: 30 };
const roomOf = (settings: object, using: Store = store) =>
  metricLearning({
    store: using,
    database: { url: store.url },
    settings: parseMetricWeights(settings),
    accountRules: DEFAULT_TRAINING_DATA,
    nowMs: () => 1_790_000_000_000,
  });
const jobOf = (settings: object, lines: string[] = []) =>
  learningJob({
    learning: roomOf(settings),
    liveSchema: async () => smarttrip,
    log: (line) => void lines.push(line),
  });

test('weights are learned by the schedule where a target is declared, by one backend of several', () => {
  expect(jobOf({ target, schedule: '0 * * * *' })).toMatchObject({
    schedule: '0 * * * *',
    leaderOnly: true,
  });
  expect(jobOf({ schedule: '0 * * * *' }).schedule).toBe('');
});

test('each run says what came of it; what it says again is not kept again', async () => {
  const lines: string[] = [];
  const job = jobOf({ target, methods: ['surrogate'] }, lines);
  await job.run();
  await job.run();
  expect(lines).toEqual([
    expect.stringMatching(/^metric weights by surrogate: abstains: too few units: 0 of 1,000/),
    expect.stringMatching(/^metric weights by surrogate: as before, too few units: 0 of 1,000/),
  ]);
  expect(await history(store, 'smarttrip')).toMatchObject([
    { author: 'trimtab', source: 'learned', method: 'surrogate', weights: {} },
  ]);
});

test('one backend learns once at a time; two at once leave one chain', async () => {
  const other = await openStore({ url: store.url });
  const settings = { target, methods: ['importance', 'surrogate'] };
  const [ours, theirs] = [roomOf(settings), roomOf(settings, other)];
  const schema = { ...smarttrip, name: 'boats' };
  const ended = await Promise.allSettled([
    ours.learn(schema, 'a'),
    ours.learn(schema, 'a'),
    theirs.learn(schema, 'b'),
  ]);
  await other.close();
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(ended[1]).toMatchObject({ reason: { code: 'learning_running' } });
  expect(await verifyHistory(store, 'boats')).toMatchObject({ intact: true });
  expect((await history(store, 'boats')).length).toBeGreaterThanOrEqual(2);
});
