import { expect, test } from 'vitest';
import { findUnseenValues } from '../../../backend/monitor/unseen-values.ts';

const LIMITS = { minRankings: 100, minUnseenShare: 0.01 };
const diving = { attribute: 'themes', value: 'diving', items: 40, share: 0.02 };
const rare = { attribute: 'country', value: 'VA', items: 1, share: 0.0005 };
const report = (of: number, ...unseen: (typeof diving)[]) => ({
  unseen,
  completeness: { share: 1, count: of, of },
});

test('a common value that no ranking showed is an alert, a rare one is not', () => {
  expect(findUnseenValues(report(500, diving, rare), LIMITS)).toEqual({
    unknown: [],
    findings: [
      {
        key: 'unseen values',
        kind: 'unseen values',
        message:
          'in seven days no ranking showed an item of themes diving (40): nothing is learned about them',
        details: { unseen: [diving] },
      },
    ],
  });
  expect(findUnseenValues(report(500, rare), LIMITS)).toEqual({ findings: [], unknown: [] });
});

test('few rankings tell nothing', () => {
  expect(findUnseenValues(report(99, diving), LIMITS)).toEqual({
    findings: [],
    unknown: ['unseen values'],
  });
});
