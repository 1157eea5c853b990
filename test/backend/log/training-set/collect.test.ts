import { expect, test } from 'vitest';
import { collector } from '../../../../backend/log/training-set/collect.ts';
import type { LineageScope } from '../../../../backend/models/lineage-scope.ts';
import type { TrainingSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { clusterFolds } from '../../../../backend/science/evaluation/splits.ts';
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

test('clusters are visitors: a user in all of their sessions, and no fold divides them', () => {
  const collected = collector(schema, { from: 0, to: 100 * DAY_MS }, { click: 1 }, 100);
  // Twenty users, each of whom comes back in other sessions, and twenty who never log in.
  for (let i = 0; i < 80; i++)
    collected.add({
      ...slate(1 + i / 100, `session ${i < 60 ? i : i - 60}`, i % 3 === 0),
      userId: i >= 20 && i < 60 ? `user ${i % 20}` : null,
    });
  const { set } = collected.finish();
  expect(new Set(set.cluster).size).toBe(40);
  const person = (i: number) => (i >= 20 && i < 60 ? `user ${i % 20}` : `session ${i % 60}`);
  const folds = clusterFolds(set.cluster, { seed: 3 });
  for (const { train, test: held } of folds) {
    const trained = new Set(Array.from(train, person));
    expect(Array.from(held, person).filter((name) => trained.has(name))).toEqual([]);
  }
});

test('a lineage learns from its own placement, and the default one from all that have none', () => {
  const window = { from: 0, to: 100 * DAY_MS };
  const learned = (scope: LineageScope) => {
    const collected = collector(schema, { ...window, scope }, { click: 1 }, 100);
    collected.add({ ...slate(1, 'home', true), placement: 'home' });
    collected.add({ ...slate(2, 'search', true), placement: 'search' });
    collected.add({ ...slate(3, 'search again', true), placement: 'search' });
    // From before there were placements.
    collected.add(slate(4, 'anywhere', true));
    const { set, facts, counted } = collected.finish();
    expect(counted).toEqual(facts);
    return slateCount(set);
  };
  expect(learned({ only: 'home' })).toBe(1);
  expect(learned({ only: 'search' })).toBe(2);
  expect(learned({ except: ['home', 'search'] })).toBe(1);
  expect(learned({ except: [] })).toBe(4);
  expect(learned({ only: 'main' })).toBe(1);
});
