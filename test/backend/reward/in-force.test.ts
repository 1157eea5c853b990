import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appendWeights, history } from '../../../backend/reward/history.ts';
import { describeInForce, rewardInForce } from '../../../backend/reward/in-force.ts';
import {
  setMetricWeights,
  withdrawOverride,
  type NewOverride,
} from '../../../backend/reward/override.ts';
import { audit } from '../../../backend/store/tables.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { openTestStore, type TestStore } from './support/open-test-store.ts';

let store: TestStore;
let schema = smarttrip;
let schemas = 0;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
// A history of its own for each test.
beforeEach(() => {
  schema = { ...smarttrip, name: `smarttrip-${schemas++}` };
});

const NOW = 1_790_000_000_000;
const FIXED = { rewardPolicy: 'fixed' } as const;
const given = (
  weights: Record<string, number>,
  changes: Partial<NewOverride> = {},
): NewOverride => ({ weights, author: 'ana', reason: 'bookings matter', ...changes });
const set = (weights: Record<string, number>, changes: Partial<NewOverride> = {}) =>
  setMetricWeights(store, schema, given(weights, changes), NOW, FIXED);
const learned = (weights: Record<string, number>, method: 'surrogate' | 'importance') =>
  appendWeights(
    store,
    {
      schemaName: schema.name,
      weights,
      author: 'trimtab',
      reason: 'learned',
      expiresAt: null,
      source: 'learned',
      method,
      experimentId: null,
      details: { method },
    },
    { action: 'learn metric weights', details: {} },
    NOW,
  );

test('the newest metric weights that have not expired are the reward, else the schema’s own', async () => {
  const reward = (nowMs: number) => rewardInForce(store, schema, nowMs, FIXED);
  expect(await reward(NOW)).toEqual(smarttrip.training.reward);
  await set({ booking: 7 });
  await set({ save: 2 }, { expiresAt: NOW + 1000 });
  await setMetricWeights(store, { ...schema, name: 'boats' }, given({ click: 9 }), NOW, FIXED);
  expect(await reward(NOW + 999)).toEqual({ save: 2 });
  expect(await reward(NOW + 1000)).toEqual({ booking: 7 });
  expect((await history(store, schema.name)).map(({ weights }) => weights)).toEqual([
    { save: 2 },
    { booking: 7 },
  ]);
});

describe('what comes first:', () => {
  test('an override of the experiment, a global one, what was learned, the schema’s own', async () => {
    const source = async (nowMs: number, experimentId?: string) => {
      const { source: from, weights } = await describeInForce(store, schema, nowMs, {
        rewardPolicy: 'adaptive',
        ...(experimentId && { experimentId }),
      });
      return [from, weights];
    };
    expect(await source(NOW)).toEqual(['schema', smarttrip.training.reward]);
    await learned({ click: 3 }, 'surrogate');
    expect(await source(NOW)).toEqual(['learned', { click: 3 }]);
    await set({ booking: 7 }, { expiresAt: NOW + 2000 });
    expect(await source(NOW)).toEqual(['override', { booking: 7 }]);
    await set({ save: 2 }, { experimentId: 'exp_1', expiresAt: NOW + 1000 });
    expect(await source(NOW)).toEqual(['override', { booking: 7 }]);
    expect(await source(NOW, 'exp_2')).toEqual(['override', { booking: 7 }]);
    expect(await source(NOW + 999, 'exp_1')).toEqual(['override', { save: 2 }]);
    expect(await source(NOW + 1000, 'exp_1')).toEqual(['override', { booking: 7 }]);
    await learned({ click: 4 }, 'surrogate');
    expect(await source(NOW + 1999)).toEqual(['override', { booking: 7 }]);
    expect(await source(NOW + 2000)).toEqual(['learned', { click: 4 }]);
  });

  test('what was learned is the reward only where the policy is adaptive', async () => {
    await learned({ click: 3 }, 'surrogate');
    expect(await rewardInForce(store, schema, NOW, FIXED)).toBe(smarttrip.training.reward);
    expect(await rewardInForce(store, schema, NOW, { rewardPolicy: 'adaptive' })).toEqual({
      click: 3,
    });
  });

  test('neither importance nor weights that abstained are a reward: those before stay', async () => {
    await learned({ click: 3 }, 'surrogate');
    await learned({ click: 1 }, 'importance');
    await learned({}, 'surrogate');
    expect(await rewardInForce(store, schema, NOW, { rewardPolicy: 'adaptive' })).toEqual({
      click: 3,
    });
  });
});

describe('a withdrawn override', () => {
  const withdraw = (asked: { id?: number; experimentId?: string } = {}) =>
    withdrawOverride(store, schema.name, { author: 'bo', reason: 'a slip', ...asked }, NOW + 1);

  test('gives way to the one before, and stays in the history with its withdrawal', async () => {
    const { row: first } = await set({ booking: 7 });
    const { row: second } = await set({ save: 2 });
    expect(await withdraw()).toMatchObject({ author: 'bo', details: { withdraws: second!.id } });
    expect(await rewardInForce(store, schema, NOW, FIXED)).toEqual({ booking: 7 });
    await withdraw({ id: first!.id });
    expect(await rewardInForce(store, schema, NOW, FIXED)).toBe(smarttrip.training.reward);
    expect(await history(store, schema.name)).toHaveLength(4);
    await expect(withdraw()).rejects.toThrow(/no override of smarttrip-\d+ is in force/);
    await expect(withdraw({ id: first!.id })).rejects.toThrow(/no override \d+ .* is in force/);
  });

  test('of an experiment leaves the global one alone', async () => {
    await set({ booking: 7 });
    await set({ save: 2 }, { experimentId: 'exp_1' });
    await withdraw({ experimentId: 'exp_1' });
    expect(await rewardInForce(store, schema, NOW, { ...FIXED, experimentId: 'exp_1' })).toEqual({
      booking: 7,
    });
  });

  test('is not one that expired, nor learned weights', async () => {
    const { row } = await set({ booking: 7 }, { expiresAt: NOW + 1 });
    const { id } = await learned({ click: 3 }, 'surrogate');
    await expect(withdraw({ id: row!.id })).rejects.toThrow(/is in force/);
    await expect(withdraw({ id })).rejects.toThrow(/is in force/);
  });
});

test('a dry run says what would change, and changes nothing', async () => {
  const { row, warning } = await setMetricWeights(store, schema, given({ click: 9 }), NOW, {
    ...FIXED,
    dryRun: true,
  });
  expect(row).toBeUndefined();
  expect(warning).toContain('click moves by +800 %: 1 to 9');
  expect(await history(store, schema.name)).toEqual([]);
});

test('who set them, and why, is in the audit log, with the hash of the row', async () => {
  const { row } = await set({ contact: 3 });
  expect((await store.db.select().from(audit)).at(-1)).toMatchObject({
    at: NOW,
    actor: 'ana',
    action: 'set metric weights',
    subject: schema.name,
    details: { weights: { contact: 3 }, reason: 'bookings matter', id: row!.id, hash: row!.hash },
  });
});

test('a weight may lie below 0: what it counts takes from what else was earned', async () => {
  await set({ click: -1, booking: 9 });
  expect(await rewardInForce(store, schema, NOW, FIXED)).toEqual({ click: -1, booking: 9 });
});

test.each([
  ['an unknown metric', given({ joy: 1 }), /there is no metric "joy"/],
  ['a weight far below 0', given({ click: -1001 }), /must be -1000 to 1000, but was -1001/],
  ['a weight that is no number', given({ click: Number.NaN }), /but was NaN/],
  ['weights that are all 0', given({ click: 0 }), /nothing could be learned/],
  ['weights none of which is over 0', given({ click: -1 }), /nothing could be learned/],
  [
    'an expiry in the past',
    given({ click: 1 }, { expiresAt: NOW }),
    /expiresAt lies in the past: 2026-09-21/,
  ],
])('%s is refused', async (_, weights, message) => {
  await expect(setMetricWeights(store, schema, weights, NOW, FIXED)).rejects.toThrow(message);
});
