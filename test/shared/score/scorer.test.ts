import { describe, expect, it } from 'vitest';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints, pointsOf } from '../../../shared/score/scorer.ts';

const about = { version: RULES_VERSION, name: 'test' };
const two = parseSchema({
  name: 'two',
  columns: [],
  features: [
    { name: 'a', kind: 'constant' },
    { name: 'b', kind: 'constant' },
  ],
});

describe('additiveFromPoints', () => {
  it('keeps the points it was given, and 0 for buckets that were not named', () => {
    const points = pointsOf(additiveFromPoints(smarttrip, smarttrip.rules, about));
    expect(points.budget).toEqual([0, 12, 8, 5, 0]);
    expect(Object.keys(points)).toEqual(smarttrip.features.map(({ name }) => name));
  });

  it('rounds points to whole multiples of 2⁻¹⁶', () => {
    const { weights } = additiveFromPoints(two, { a: [0, 0.1] }, about);
    expect(weights[1]).toBe(6554);
  });

  it.each([
    ['an unknown feature', { colour: [1] }, 'schema two has no feature "colour"'],
    [
      'too many buckets',
      { a: [0, 1, 2] },
      'feature a has 2 buckets; give at most that many points',
    ],
    [
      'a weight out of range',
      { a: [0, 2048] },
      'feature a: points must be numbers between -2048 and 2048',
    ],
    [
      'a weight that is no number',
      { a: [Number.NaN] },
      'feature a: points must be numbers between',
    ],
    [
      'scores that could overflow',
      { a: [0, 2000], b: [0, 2000] },
      'scores would range from 0 to 4000 points',
    ],
    [
      'scores that could underflow',
      { a: [0, -2000], b: [0, -2000] },
      'scores would range from -4000 to 0 points',
    ],
  ])('refuses %s', (_, points, message) => {
    expect(() => additiveFromPoints(two, points, about)).toThrow(message);
  });
});
