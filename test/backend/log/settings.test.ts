import { expect, test } from 'vitest';
import { DEFAULT_TRAINING_DATA, parseTrainingData } from '../../../backend/log/settings.ts';

test('what is not given is the default, at any depth', () => {
  expect(parseTrainingData({})).toEqual(DEFAULT_TRAINING_DATA);
  const given = parseTrainingData({
    attributionDays: 2,
    filters: { maxRankingsPerMinute: null },
    minimums: { mlp: { days: 1 } },
  });
  expect(given).toEqual({
    ...DEFAULT_TRAINING_DATA,
    attributionDays: 2,
    filters: { ...DEFAULT_TRAINING_DATA.filters, maxRankingsPerMinute: null },
    minimums: {
      ...DEFAULT_TRAINING_DATA.minimums,
      mlp: { ...DEFAULT_TRAINING_DATA.minimums.mlp, days: 1 },
    },
  });
});

test.each([
  [
    'a name that is none',
    { minimums: { additive: { ranking: 1 } } },
    /^minimums\.additive\.ranking is no setting: did you mean minimums\.additive\.rankings\?$/,
  ],
  [
    'a share over 1',
    { quality: { minCompleteness: 95 } },
    /^quality\.minCompleteness must be a number from 0 to 1, but was 95$/,
  ],
  [
    'a learner that is none',
    { minimums: { svm: {} } },
    /^minimums\.svm is no setting: known are additive, forest, mlp$/,
  ],
  [
    'a retention within the window',
    { attributionDays: 7, retentionDays: 7 },
    /retentionDays must be more than attributionDays \(7\)/,
  ],
  [
    'no object',
    'all of it',
    /^the value must be an object with attributionDays, .*, but was 'all of it'$/,
  ],
])('refused: %s', (_, value, message) => {
  expect(() => parseTrainingData(value)).toThrow(message);
});
