import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLimitedLearning } from '../../../backend/monitor/learning-limited.ts';
import { recordLive } from '../../../backend/models/live-pointer.ts';
import { onlineLearning } from '../../../backend/store/tables.ts';
import type { Store } from '../../../backend/store/open.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { borrowStore } from '../../support/borrow-store.ts';

const NOW = Date.UTC(2026, 2, 10);
const HOUR = 3_600_000;

let store: Store;
beforeEach(async () => {
  store = await borrowStore();
});
afterEach(() => store.close());

/** @param since when a large share came to the limit. */
async function limited(since: number | null, version = 'v000000', stoppedAt: number | null = null) {
  const pointer = { champion: RULES_VERSION };
  const row = {
    arm: 'champion',
    version,
    startedAt: NOW,
    reward: {},
    calibration: {},
    posterior: Buffer.alloc(0),
    salt: '',
    slates: 9,
    rewarded: 9,
    earned: 9,
    updatedAt: NOW,
    stoppedAt,
    changed: 40,
    atLimit: 11,
    limitedSince: since,
  };
  await store.write([
    recordLive(store, { pointer, text: JSON.stringify(pointer), since: NOW }),
    store.db.insert(onlineLearning).values(row),
  ]);
  return (await readLimitedLearning(store, NOW)).findings;
}

test('it is an alert once a large share of the weights has been at the limit for an hour', async () => {
  expect(await limited(NOW - HOUR)).toEqual([
    expect.objectContaining({
      key: 'learning limited: champion v000000',
      message: expect.stringMatching(/of the 40 weights of v000000 .*, 11 are as far/),
    }),
  ]);
});

test.each([
  ['since a moment ago', NOW - HOUR + 1, 'v000000', null],
  ['not at all', null, 'v000000', null],
  ['of a version that is not live', NOW - HOUR, 'v000009', null],
  ['of one whose learning was dropped', NOW - HOUR, 'v000000', NOW],
])('no alert where they are there %s', async (_, since, version, stoppedAt) => {
  expect(await limited(since, version, stoppedAt)).toEqual([]);
});
