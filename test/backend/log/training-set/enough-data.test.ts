import { expect, test } from 'vitest';
import {
  checkEnoughData,
  type DataFacts,
} from '../../../../backend/log/training-set/enough-data.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import type { LearnerKind } from '../../../../backend/log/training-set/minimums.ts';

const PLENTY: DataFacts = {
  rankings: 200_000,
  rewarded: 30_000,
  clickRate: 0.2,
  days: 60,
  users: 9000,
};

test.each<[string, LearnerKind, Partial<DataFacts>, string[]]>([
  ['plenty is enough', 'additive', {}, []],
  [
    'the minimum itself is enough',
    'additive',
    { rankings: 10_000, rewarded: 100, clickRate: 0.05, days: 7, users: 1000 },
    [],
  ],
  ['rankings are counted', 'additive', { rankings: 3214 }, ['3,214 of 10,000 rankings']],
  ['a forest needs more', 'forest', { rankings: 10_000 }, ['10,000 of 50,000 rankings']],
  ['an MLP the most', 'mlp', { rankings: 99_999 }, ['99,999 of 100,000 rankings']],
  ['clicks may be too rare', 'mlp', { clickRate: 0.0312 }, ['a click rate of 3.12 % of 5 %']],
  ['rewards too', 'additive', { rewarded: 3 }, ['3 of 100 rankings with a reward']],
  [
    'all that is missing is told at once',
    'additive',
    { days: 2, users: 12 },
    ['2 of 7 days', '12 of 1,000 users'],
  ],
])('%s', (_, learner, facts, missing) => {
  const { minimums } = DEFAULT_TRAINING_DATA;
  expect(checkEnoughData(learner, { ...PLENTY, ...facts }, minimums)).toEqual(
    missing.length === 0 ? { enough: true } : { enough: false, missing },
  );
});
