import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  history,
  rewardInForce,
  setMetricWeights,
  type NewMetricWeights,
} from '../../../backend/metric-weights/metric-weights.ts';
import { openStore, type Store } from '../../../backend/store/open.ts';
import { audit } from '../../../backend/store/tables.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';

let directory: string;
let store: Store;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-metric-weights-'));
  store = await openStore({ url: `file:${join(directory, 'store.db')}` });
});
afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const NOW = 1_790_000_000_000;
const given = (
  weights: Record<string, number>,
  changes: Partial<NewMetricWeights> = {},
): NewMetricWeights => ({
  weights,
  author: 'ana',
  reason: 'bookings matter',
  ...changes,
});

test('the newest metric weights that have not expired are the reward, else the schema’s own', async () => {
  const reward = (nowMs: number) => rewardInForce(store, smarttrip, nowMs);
  expect(await reward(NOW)).toEqual(smarttrip.training.reward);
  await setMetricWeights(store, 'smarttrip', given({ booking: 7 }), NOW);
  await setMetricWeights(store, 'smarttrip', given({ save: 2 }, { expiresAt: NOW + 1000 }), NOW);
  await setMetricWeights(store, 'boats', given({ click: 9 }), NOW);
  expect(await reward(NOW + 999)).toEqual({ save: 2 });
  expect(await reward(NOW + 1000)).toEqual({ booking: 7 });
  expect((await history(store, 'smarttrip')).map(({ weights }) => weights)).toEqual([
    { save: 2 },
    { booking: 7 },
  ]);
});

test('who set them, and why, is in the audit log', async () => {
  await setMetricWeights(store, 'smarttrip', given({ contact: 3 }), NOW + 5);
  expect((await store.db.select().from(audit)).at(-1)).toMatchObject({
    at: NOW + 5,
    actor: 'ana',
    action: 'set metric weights',
    subject: 'smarttrip',
    details: { weights: { contact: 3 }, reason: 'bookings matter' },
  });
});

test.each([
  ['an unknown metric', given({ joy: 1 }), /there is no metric "joy"/],
  ['a weight below 0', given({ click: -1 }), /the weight of click must be 0 to 1000, but was -1/],
  ['a weight that is no number', given({ click: Number.NaN }), /but was NaN/],
  ['weights that are all 0', given({ click: 0 }), /nothing could be learned/],
  [
    'an expiry in the past',
    given({ click: 1 }, { expiresAt: NOW }),
    /expiresAt lies in the past: 2026-09-21/,
  ],
])('%s is refused', async (_, weights, message) => {
  await expect(setMetricWeights(store, 'smarttrip', weights, NOW)).rejects.toThrow(message);
});
