import { describe, expect, test } from 'vitest';
import { segmentEffects } from '../../../../backend/science/experiment/segments.ts';
import { proportionStatistic } from '../../../../backend/science/statistics/statistics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, rateOf } from './draws.ts';

type Rate = [successes: number, n: number];
const segment = (value: string, control: Rate, treatment: Rate) => ({
  value,
  control: proportionStatistic(...control),
  treatment: proportionStatistic(...treatment),
});

describe('a segment report', () => {
  test('turns round on kidney stones (Charig et al., 1986): worse as a whole, better on small and on large ones', () => {
    const stones = [segment('small', [234, 270], [81, 87]), segment('large', [55, 80], [192, 263])];
    const { simpson, heterogeneity, segments } = segmentEffects(stones, { minimumPerArm: 50 });
    const found = answered(simpson);
    expect(found.flag).toBe('reversal');
    expect(found.pooled).toBeCloseTo(273 / 350 - 289 / 350, 12);
    expect(found.standardised.estimate).toBeCloseTo(0.053671217385603764, 12);
    expect(found.standardised.low).toBeCloseTo(
      0.0536712173856 - 1.959963984540054 * 0.0335857708756,
      9,
    );
    expect(found.agreeing).toBe(0);
    expect(found.allocationP / 1.539983728314052e-43).toBeCloseTo(1, 6);
    // statsmodels' combine_effects.
    expect(heterogeneity).toMatchObject({
      q: expect.closeTo(0.10357465773659902, 9),
      df: 1,
      pValue: expect.closeTo(0.7475813576042207, 9),
      iSquared: 0,
    });
    expect(segments.map((one) => one.kind === 'segment' && one.estimate)).toEqual([
      expect.closeTo(0.06436782, 7),
      expect.closeTo(0.04253802, 7),
    ]);
  });

  test("is explained by composition on Berkeley's admissions (Bickel et al., 1975): women applied where few are admitted", () => {
    const departments = [
      segment('A', [512, 825], [89, 108]),
      segment('B', [353, 560], [17, 25]),
      segment('C', [120, 325], [202, 593]),
      segment('D', [138, 417], [131, 375]),
      segment('E', [53, 191], [94, 393]),
      segment('F', [22, 373], [24, 341]),
    ];
    const found = answered(segmentEffects(departments, { minimumPerArm: 20 }).simpson);
    expect(found.flag).toBe('composition');
    expect(found.pooled).toBeCloseTo(-0.14164542824654186, 12);
    expect(found.standardised.estimate).toBeCloseTo(0.042636797771302914, 12);
    expect(found.agreeing).toBeCloseTo(0.3318603623508617, 12);
  });

  test('flags nothing where the arms hold the same shares, whatever the effects', () => {
    const even = [
      segment('mobile', [200, 2000], [300, 2000]),
      segment('desktop', [400, 1000], [350, 1000]),
    ];
    const { simpson, heterogeneity } = segmentEffects(even);
    expect(answered(simpson)).toMatchObject({ flag: 'none', allocationP: 1 });
    expect(answered(heterogeneity).pValue).toBeLessThan(0.001);
    expect(answered(simpson).pooled).toBeCloseTo(answered(simpson).standardised.estimate, 12);
  });

  test('corrects over the segments that have an answer, and says what the others lack', () => {
    const three = [
      segment('mobile', [200, 2000], [245, 2000]),
      segment('desktop', [200, 2000], [245, 2000]),
      segment('tablet', [10, 212], [10, 1500]),
    ];
    for (const [correction, factor] of [
      ['holm', 2],
      ['benjamini-hochberg', 1],
    ] as const) {
      const { segments } = segmentEffects(three, { correction });
      const [mobile, , tablet] = segments;
      if (mobile.kind !== 'segment') throw new Error(mobile.message);
      expect(mobile.adjustedP).toBeCloseTo(factor * mobile.test.pValue, 12);
      expect(tablet).toEqual({
        value: 'tablet',
        kind: 'no-answer',
        reason: 'not-enough-data',
        message: 'not enough data: 212 of 1,000 sessions',
      });
    }
    const few = segmentEffects([three[0], three[2]]);
    expect(few.heterogeneity).toMatchObject({ message: 'not enough data: 212 of 1,000 sessions' });
    expect(segmentEffects([three[0]]).simpson).toMatchObject({ kind: 'no-answer' });
    expect(segmentEffects([]).segments).toEqual([]);
  });

  test('without differences between segments, Q and the flags stay silent at their rates', () => {
    const random = seededRandom(41);
    const RUNS = 1000;
    let [differ, flagged] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const { heterogeneity, simpson } = segmentEffects(
        [0.1, 0.2, 0.4].map((rate, i) => ({
          value: String(i),
          control: rateOf(random, 1000, rate),
          treatment: rateOf(random, 1000, rate + 0.03),
        })),
      );
      differ += Number(answered(heterogeneity).pValue < 0.05);
      flagged += Number(answered(simpson).flag !== 'none');
    }
    expect(differ / RUNS).toBeGreaterThan(0.03);
    expect(differ / RUNS).toBeLessThan(0.07);
    expect(flagged).toBe(0);
  });
});
