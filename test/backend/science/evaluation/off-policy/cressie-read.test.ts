import { describe, expect, test } from 'vitest';
import { cressieReadInterval } from '../../../../../backend/science/evaluation/off-policy/cressie-read.ts';
import { studentQuantile } from '../../../../../backend/science/statistics/distributions.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { times } from '../../experiment/draws.ts';

type Vector = readonly number[];
const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const plus = (a: Vector, b: Vector, factor: number) => a.map((value, i) => value + factor * b[i]);

/**
 * The same by the weightings themselves: of all q with Σ q = 1 and Σ q w = 1 the nearest to the uniform one, and from
 * there along the outcome as far as the divergence allows.
 */
function byWeightings(weights: Vector, outcomes: Vector, alpha: number, radius?: number) {
  const n = weights.length;
  const ones = times(n, () => 1 / Math.sqrt(n));
  const uniform = times(n, () => 1 / n);
  const across = plus(weights, ones, -dot(weights, ones));
  const unit = across.map((value) => value / Math.sqrt(dot(across, across)));
  const nearest = plus(uniform, unit, (1 - dot(uniform, weights)) / dot(unit, weights));
  const divergence = (q: Vector) => q.reduce((sum, value) => sum + (n * value - 1) ** 2, 0);
  const least = divergence(nearest);
  const reach = (radius ?? least + studentQuantile(alpha / 2, n - 1) ** 2) - least;
  let direction = plus(outcomes, ones, -dot(outcomes, ones));
  direction = plus(direction, unit, -dot(direction, unit));
  const step = Math.sqrt(reach) / n / Math.sqrt(dot(direction, direction));
  return {
    least,
    ends: [-step, step].map((factor) => plus(nearest, direction, factor)),
    divergence,
  };
}

describe("Cressie and Read's interval", () => {
  const random = seededRandom(33);
  const weights = times(40, () => 3 * random() ** 2);
  const outcomes = weights.map((weight) => (random() < 0.2 ? weight : 0));
  const unseen = { weight: 3, outcome: 3 };
  const [allW, allY] = [
    [...weights, unseen.weight],
    [...outcomes, unseen.outcome],
  ];

  test.each([0.05, 0.2])('holds what near weightings make of the outcomes: alpha %d', (alpha) => {
    const { low, high } = cressieReadInterval({ weights, outcomes }, [unseen], alpha);
    const { ends, least, divergence } = byWeightings(allW, allY, alpha);
    expect(low).toBeCloseTo(dot(ends[0], allY), 10);
    expect(high).toBeCloseTo(dot(ends[1], allY), 10);
    for (const q of ends) {
      expect(dot(q, allW)).toBeCloseTo(1, 10);
      expect(
        dot(
          q,
          times(41, () => 1),
        ),
      ).toBeCloseTo(1, 10);
      expect(divergence(q) - least).toBeCloseTo(studentQuantile(alpha / 2, 40) ** 2, 8);
    }
  });

  test('takes the worst of the points that were not seen, which need not have the least divergence', () => {
    const others = [unseen, { weight: 0, outcome: 0 }, { weight: 3, outcome: 0 }];
    const found = cressieReadInterval({ weights, outcomes }, others);
    const each = others.map(({ weight, outcome }) => {
      const [w, y] = [
        [...weights, weight],
        [...outcomes, outcome],
      ];
      return { w, y, least: byWeightings(w, y, 0.05).least };
    });
    const radius = Math.min(...each.map(({ least }) => least)) + studentQuantile(0.025, 40) ** 2;
    const ends = each.flatMap(({ w, y }) =>
      byWeightings(w, y, 0.05, radius).ends.map((q) => dot(q, y)),
    );
    expect(found.low).toBeCloseTo(Math.min(...ends), 10);
    expect(found.high).toBeCloseTo(Math.max(...ends), 10);
  });

  test('does not collapse where nothing was rewarded', () => {
    const nothing = { weights, outcomes: weights.map(() => 0) };
    const { low, high } = cressieReadInterval(nothing, [{ weight: 3, outcome: 3 }]);
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThan(0.05);
  });
});
