import { expect, test } from 'vitest';
import {
  checkEnoughData,
  type DataFacts,
} from '../../../../backend/log/training-set/enough-data.ts';
import { DEFAULT_TRAINING_DATA, parseTrainingData } from '../../../../backend/log/settings.ts';
import type { LearnerKind } from '../../../../backend/log/training-set/minimums.ts';

const PLENTY: DataFacts = {
  sessions: 150_000,
  rankings: 200_000,
  rewarded: 30_000,
  clickRate: 0.2,
  days: 90,
  users: 12_000,
};

test.each<[string, LearnerKind, Partial<DataFacts>, string[]]>([
  ['plenty is enough', 'additive', {}, []],
  [
    'the minimum itself is enough',
    'additive',
    { sessions: 10_000, rankings: 10_000, rewarded: 100, clickRate: 0.05, days: 30, users: 1000 },
    [],
  ],
  [
    'the minimum itself is enough for a forest',
    'forest',
    { sessions: 50_000, rankings: 50_000, days: 60, users: 5000 },
    [],
  ],
  ['and for an MLP', 'mlp', { sessions: 100_000, rankings: 100_000, days: 90, users: 10_000 }, []],
  ['sessions are counted', 'additive', { sessions: 9999 }, ['9,999 of 10,000 sessions']],
  ['rankings are counted', 'additive', { rankings: 3214 }, ['3,214 of 10,000 rankings']],
  ['a forest needs more', 'forest', { rankings: 10_000 }, ['10,000 of 50,000 rankings']],
  ['an MLP the most', 'mlp', { rankings: 99_999 }, ['99,999 of 100,000 rankings']],
  ['clicks may be too rare', 'mlp', { clickRate: 0.0312 }, ['a click rate of 3.12 % of 5 %']],
  ['rewards too', 'additive', { rewarded: 3 }, ['3 of 100 rankings with a reward']],
  [
    'all that is missing is told at once',
    'additive',
    { days: 2, users: 12 },
    ['2 of 30 days', '12 of 1,000 users'],
  ],
  ['a forest needs 60 days', 'forest', { days: 59 }, ['59 of 60 days']],
  [
    'an MLP needs 90 days and 10,000 users',
    'mlp',
    { days: 89, users: 9999 },
    ['89 of 90 days', '9,999 of 10,000 users'],
  ],
])('%s', (_, learner, facts, missing) => {
  const { minimums } = DEFAULT_TRAINING_DATA;
  const found = { ...PLENTY, ...facts };
  expect(checkEnoughData(learner, found, found, minimums)).toEqual(
    missing.length === 0 ? { enough: true } : { enough: false, missing },
  );
});

test('all that is counted must be enough, and the training set must hold rewards', () => {
  const { minimums } = DEFAULT_TRAINING_DATA;
  const few = { ...PLENTY, sessions: 1, rankings: 1, days: 1, users: 1, clickRate: 0 };
  expect(checkEnoughData('mlp', few, PLENTY, minimums)).toEqual({ enough: true });
  expect(checkEnoughData('mlp', { rewarded: 3 }, PLENTY, minimums)).toEqual({
    enough: false,
    missing: ['3 of 100 rankings with a reward'],
  });
});

test('settings from before sessions were counted ask for as many as rankings', () => {
  const { minimums } = parseTrainingData({ minimums: { additive: { rankings: 50 } } });
  const found = { ...PLENTY, sessions: 49 };
  expect(checkEnoughData('additive', found, found, minimums)).toEqual({
    enough: false,
    missing: ['49 of 50 sessions'],
  });
});
