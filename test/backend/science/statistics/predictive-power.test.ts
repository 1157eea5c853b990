import { describe, expect, test } from 'vitest';
import { predictivePower } from '../../../../backend/science/statistics/predictive-power.ts';
import { sequentialReach } from '../../../../backend/science/statistics/sequential-test.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

const ALPHA = 0.05;

describe('predictive power', () => {
  test.each([
    { z: 0, n: 5000, atN: 10_000 },
    { z: 1.5, n: 5000, atN: 10_000 },
    { z: 2.5, n: 2000, atN: 20_000 },
    { z: 3, n: 9000, atN: 10_000 },
  ])(
    'is how often the bound is reached where truth and what comes are drawn: %o',
    ({ z, n, atN }) => {
      // Values of variance 1: the estimate's error is 1/√n.
      const estimate = z / Math.sqrt(n);
      const random = seededRandom(17);
      const normal = () =>
        Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const runs = 40_000;
      let reached = 0;
      for (let run = 0; run < runs; run++) {
        const truth = estimate + normal() / Math.sqrt(n);
        const more = truth + normal() / Math.sqrt(atN - n);
        const final = (n * estimate + (atN - n) * more) / atN;
        if (final * Math.sqrt(atN) > sequentialReach(atN, ALPHA)) reached++;
      }
      const power = predictivePower(
        { estimate, standardError: 1 / Math.sqrt(n), n },
        { target: 0, atN, alpha: ALPHA },
      );
      // Five standard deviations of a share of so many runs.
      expect(Math.abs(power - reached / runs)).toBeLessThan(5 * Math.sqrt(0.25 / runs));
    },
  );

  test('where nothing more comes, the bound has decided', () => {
    const at = (estimate: number) =>
      predictivePower(
        { estimate, standardError: 0.01, n: 5000 },
        { target: 0, atN: 5000, alpha: ALPHA },
      );
    const bound = 0.01 * sequentialReach(5000, ALPHA);
    expect([at(0.99 * bound), at(1.01 * bound)]).toEqual([0, 1]);
  });

  test('where more comes for ever, it is how likely the truth lies above the target', () => {
    const reading = { estimate: 0.03, standardError: 0.02, n: 100 };
    const power = predictivePower(reading, { target: 0.01, atN: Infinity, alpha: ALPHA });
    expect(power).toBeCloseTo(0.841345, 5);
  });
});
