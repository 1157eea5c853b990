import { expect, test } from 'vitest';
import { findDataQuality } from '../../../backend/monitor/data-quality.ts';

const report = (of: number, failures: string[] = []) => ({
  passed: failures.length === 0,
  failures,
  completeness: { share: 0.9, count: 90, of },
  attribution: { share: 1, count: 1, of: 1 },
});
const FAILED = ['90 % of rankings are complete (90 of 100), under 95 %', 'another'];

test.each([
  ['a log without faults is none', report(500), { findings: [], unknown: [] }],
  ['few rankings tell nothing', report(9, FAILED), { findings: [], unknown: ['data quality'] }],
  [
    'what failed is said with its figures',
    report(100, FAILED),
    {
      unknown: [],
      findings: [
        expect.objectContaining({
          key: 'data quality',
          message: `the log of 2026-03-10 failed its checks: ${FAILED.join('; ')}`,
        }),
      ],
    },
  ],
])('%s', (_, given, expected) => {
  expect(findDataQuality(given, '2026-03-10', { minRankings: 100, minUnseenShare: 0.01 })).toEqual(
    expected,
  );
});
