import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { recordLive } from '../../../../backend/models/live-pointer.ts';
import { versions as versionsOf } from '../../../../backend/models/versions.ts';
import {
  onlineLearningOf,
  type OnlineLearning,
} from '../../../../backend/runs/online/online-job.ts';
import { setMetricWeights } from '../../../../backend/reward/override.ts';
import { readLearners } from '../../../../backend/runs/online/learner-rows.ts';
import { parseOnline } from '../../../../backend/runs/online/settings.ts';
import { DEFAULT_METRICS } from '../../../../shared/domain/metric.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { borrowStore, type BorrowedStore } from '../../../support/borrow-store.ts';
import { happened, NOON, rankingOf } from '../../log/support/log.ts';

let store: BorrowedStore;
let learning: OnlineLearning;
const START = NOON + 3_600_000;
let nowMs: number;

beforeEach(async () => {
  nowMs = START;
  store = await borrowStore();
  const versions = versionsOf(store, () => nowMs);
  await versions.ensureRules(smarttrip);
  const pointer = { champion: RULES_VERSION };
  await store.write([recordLive(store, { pointer, text: JSON.stringify(pointer), since: nowMs })]);
  learning = onlineLearningOf({
    store,
    database: { url: store.url },
    rules: { attributionDays: 7, filters: NO_FILTERS },
    versions,
    influence: DEFAULT_TRAINING_DATA.influence,
    edge: { edgeUrl: 'http://127.0.0.1:1', secretKey: 'sk' },
    settings: parseOnline({ minimumRewarded: 30 }),
    collect: () => Promise.resolve({ statistics: { days: [] } } as never),
    harm: { metric: DEFAULT_METRICS[0], minimumPerArm: 100 },
    rewardPolicy: 'fixed',
    metrics: { set() {}, add() {} },
    nowMs: () => nowMs,
    log: () => undefined,
  });
});
afterEach(async () => {
  await learning.stop();
  await store.close();
});

async function takeIn(from: number, to: number): Promise<void> {
  const decisions = Array.from({ length: to - from }, (_, i) =>
    rankingOf(`r${from + i}`, NOON + (from + i) * 1000),
  );
  const events = decisions.map((decision) => happened(decision, 'click'));
  await ingest(store, { batchId: `from-${from}`, decisions, events }, nowMs);
}

test('learning begins with the turn after enough has come in, while the clock stands still', async () => {
  await takeIn(0, 20);
  await learning.job.run();
  await learning.job.run();
  expect(learning.waiting()).toMatchObject([{ rewarded: 20, minimum: 30 }]);
  await takeIn(20, 29);
  await learning.job.run();
  // Too few events have come for it to be enough: nothing was counted.
  expect(learning.waiting()).toMatchObject([{ rewarded: 20 }]);
  await takeIn(29, 60);
  await learning.job.run();
  expect(learning.waiting()).toEqual([]);
  expect(await readLearners(store)).toMatchObject([{ arm: 'champion', version: RULES_VERSION }]);
});

test('a reward that was set for a time is learned by from the next turn on, and no longer from the turn after its end', async () => {
  const rewardNow = async () => {
    await learning.job.run();
    const [{ reward }] = await readLearners(store);
    return reward;
  };
  await takeIn(0, 60);
  const own = await rewardNow();
  expect(own).toEqual(smarttrip.training.reward);
  const weights = { click: 5 };
  const override = { weights, author: 'test', reason: 'a week of clicks', expiresAt: START + 3000 };
  await setMetricWeights(store, smarttrip, override, nowMs, { rewardPolicy: 'fixed' });
  expect(await rewardNow()).toEqual(weights);
  nowMs = START + 2999;
  expect(await rewardNow()).toEqual(weights);
  nowMs = START + 3000;
  expect(await rewardNow()).toEqual(own);
});
