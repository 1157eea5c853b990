import { expect, test } from 'vitest';
import { collector } from '../../../../backend/log/training-set/collect.ts';
import type { TrainingSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { slateCount } from '../../../../backend/science/learn/training-set.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import { agreeingSchema } from '../../../world/agreeing.ts';

const schema = agreeingSchema();
const slate = (day: number, sessionId: string, click = false): TrainingSlate => ({
  at: day * DAY_MS,
  sessionId,
  userId: null,
  weights: 'v000000',
  codes: new Uint8Array(schema.features.length),
  itemIds: ['item'],
  propensities: Float64Array.of(0.5),
  tallies: [click ? { click: 1 } : undefined],
});

test('what the log retains is counted, and only the window is learned from', () => {
  const window = { from: 90 * DAY_MS, to: 100 * DAY_MS, countedFrom: 10 * DAY_MS };
  const collected = collector(schema, window, { click: 1 }, 100);
  for (const one of [
    slate(9, 'too old', true),
    slate(10, 'old', true),
    slate(50, 'old'),
    slate(90, 'young', true),
    slate(95, 'old'),
    slate(101, 'from the future', true),
  ])
    collected.add(one);
  const { set, facts, counted } = collected.finish();
  expect(slateCount(set)).toBe(2);
  expect(facts).toEqual({
    sessions: 2,
    rankings: 2,
    rewarded: 1,
    clickRate: 0.5,
    days: 2,
    users: 2,
  });
  expect(counted).toEqual({
    sessions: 2,
    rankings: 4,
    rewarded: 2,
    clickRate: 0.5,
    days: 4,
    users: 2,
  });
});

test('a window that was asked for is counted by itself', () => {
  const collected = collector(schema, { from: 90 * DAY_MS, to: 100 * DAY_MS }, { click: 1 }, 100);
  collected.add(slate(10, 'old', true));
  collected.add(slate(95, 'young', true));
  const { facts, counted } = collected.finish();
  expect(counted).toEqual(facts);
  expect(counted.days).toBe(1);
});
