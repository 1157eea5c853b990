import { describe, expect, test } from 'vitest';
import {
  carryOverChecks,
  multipleExposure,
} from '../../../../backend/science/experiment/exposure-checks.ts';

describe('units that saw several arms', () => {
  test.each([
    [0, 50_000, false],
    [500, 50_000, false],
    [700, 50_000, true],
    // 2 % of a few units may be chance.
    [2, 100, false],
  ])('%i of %i: flagged %o', (units, of, flagged) => {
    const found = multipleExposure({ units, of });
    expect(found).toMatchObject({ kind: 'multiple-exposure', share: units / of, flagged });
  });

  test('none of none is no answer, and more than all is refused', () => {
    expect(multipleExposure({ units: 0, of: 0 })).toMatchObject({ kind: 'no-answer' });
    expect(() => multipleExposure({ units: 2, of: 1 })).toThrow('not 2 of 1');
  });
});

describe("an earlier experiment's arms", () => {
  const rows = (experiment: string, ...arms: number[][]) =>
    arms.map((units, i) => ({ experiment, arm: `arm ${i}`, units }));

  test("evenly spread over this one's are as scipy's chi2_contingency finds, unevenly spread are flagged", () => {
    const [even, uneven] = carryOverChecks([
      ...rows('exp_1', [520, 480], [470, 530], [300, 301]),
      ...rows('exp_2', [600, 400], [400, 600]),
    ]);
    expect(even).toMatchObject({
      kind: 'carry-over',
      experiment: 'exp_1',
      chiSquare: expect.closeTo(5.03244176793312, 9),
      df: 2,
      pValue: expect.closeTo(0.08076424821459954, 9),
      flagged: false,
    });
    expect(uneven).toMatchObject({ experiment: 'exp_2', flagged: true });
  });

  test.each([
    ['few units', [24, 10], [15, 390], 'not enough data: 3 of 5 sessions'],
    ['one arm alone', [400, 300], [0, 0], 'not enough data: 0 of 5 sessions'],
    ['nobody', [0, 0], [0, 0], 'not enough data: 0 of 5 sessions'],
    ['an empty arm here', [400, 0], [300, 0], 'not enough data: 0 of 5 sessions'],
  ])('of %s tell nothing', (_, one, other, message) => {
    expect(carryOverChecks(rows('exp_1', one, other))).toMatchObject([
      { kind: 'no-answer', experiment: 'exp_1', message },
    ]);
  });

  test('there need be none', () => expect(carryOverChecks([])).toEqual([]));
});
