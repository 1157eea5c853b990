import { expect, test } from 'vitest';
import { targetName, targetValue } from '../../../../backend/science/metric-weighting/target.ts';
import {
  parseTarget,
  type TargetDefinition,
} from '../../../../backend/science/metric-weighting/target-definition.ts';

const DAY = 86_400_000;
const renewal = (day: number, value = 1) => ({ name: 'renewal', value, at: day * DAY });
const within: TargetDefinition = { kind: 'happened', outcome: 'renewal', horizonDays: 90 };

test.each([
  ['happened within the horizon', within, [renewal(89.9)], 90, 1],
  ['only after the horizon', within, [renewal(90)], 400, 0],
  ['before it was first seen', within, [renewal(-1)], 400, 0],
  ['of another name', within, [{ ...renewal(1), name: 'refund' }], 400, 0],
  ['not over yet, and not yet happened', within, [], 89, Number.NaN],
  ['not over yet, though it happened', within, [renewal(1)], 89, Number.NaN],
  ['a value of 0 is no renewal', within, [renewal(1, 0)], 90, 0],
  ['values add up', { ...within, kind: 'sum' }, [renewal(1, 20), renewal(2, -5)], 90, 15],
  ['per day', { ...within, kind: 'mean daily' }, [renewal(1, 45), renewal(99, 9)], 90, 0.5],
] as const)('%s', (_, target, outcomes, untilDay, expected) => {
  expect(targetValue(target, outcomes, 0, untilDay * DAY)).toBe(expected);
});

test('a definition is parsed and named', () => {
  expect(targetName(parseTarget(JSON.parse(JSON.stringify(within))))).toBe(
    'renewal within 90 days',
  );
  expect(targetName({ kind: 'mean daily', outcome: 'use', horizonDays: 30 })).toBe(
    'mean daily use over 30 days',
  );
});

test.each([
  ['horizonDays', { ...within, horizonDays: 0 }],
  ['kind', { ...within, kind: 'most' }],
  ['outcome', { ...within, outcome: 'Not A Name' }],
  ['horizon', { ...within, horizon: 3 }],
])('a definition with a wrong %s is refused by name', (field, input) => {
  expect(() => parseTarget(input)).toThrow(field);
});
