import { describe, expect, test } from 'vitest';
import {
  calibrationLine,
  eceInterval,
  recalibrated,
  reliability,
} from '../../../../backend/science/evaluation/calibration.ts';
import { fitIsotonic, isotonicAt } from '../../../../backend/science/evaluation/isotonic.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { needsShared, readVectors } from '../../../support/shared-data.ts';

interface Case {
  readonly input: Readonly<Record<'p' | 'label' | 'grid', readonly number[]>>;
  readonly expected: {
    readonly isotonic_grid: readonly number[];
    readonly isotonic_x: readonly number[];
    readonly isotonic_y: readonly number[];
    readonly platt_on_logit: { readonly a: number; readonly b: number };
    readonly platt_grid: readonly (number | null)[];
  };
}
const FILE = 'vectors/calibration.json';
const cases = readVectors<Case>(FILE);
const sklearn = needsShared(FILE);

const near = (own: ArrayLike<number>, expected: readonly number[]) => {
  expect(own.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(own[i] - value), `at ${i}`).toBeLessThan(1e-6));
};

describe('as scikit-learn computes it', () => {
  test
    .skipIf(sklearn.absent)
    .each(sklearn.cases('all cases', cases, ({ input }) => `${input.p.length} rows`))(
    'isotonic and Platt to 1e-6: %s',
    (_, { input: { p, label, grid }, expected }) => {
      const curve = fitIsotonic(p, label)!;
      near(curve.x, expected.isotonic_x);
      near(curve.y, expected.isotonic_y);
      near(
        grid.map((at) => isotonicAt(curve, at)),
        expected.isotonic_grid,
      );
      const line = calibrationLine(p, label)!;
      near([line.slope, line.intercept], [expected.platt_on_logit.a, expected.platt_on_logit.b]);
      expected.platt_grid.forEach((value, i) => {
        if (value !== null)
          expect(Math.abs(recalibrated(line, grid[i]) - value)).toBeLessThan(1e-6);
      });
    },
  );
});

describe('reliability', () => {
  test('a table by hand: bins of p, what was foretold and what came', () => {
    expect(reliability([0.1, 0.2, 0.6, 1], [0, 1, 1, 1], 2)).toEqual({
      bins: [
        { low: 0, high: 0.5, n: 2, meanP: expect.closeTo(0.15, 12), rate: 0.5 },
        { low: 0.5, high: 1, n: 2, meanP: 0.8, rate: 1 },
      ],
      ece: expect.closeTo((0.35 + 0.2) / 2, 12),
      mce: expect.closeTo(0.35, 12),
    });
  });

  test('has no answer without rows, and refuses what is no probability', () => {
    expect(reliability([], [])).toBeUndefined();
    expect(() => reliability([1.2], [1])).toThrow('a probability must be in 0..1, not 1.2');
  });

  test('one class only has no line', () => {
    expect(calibrationLine([0.2, 0.3], [1, 1])).toBeUndefined();
    expect(calibrationLine([], [])).toBeUndefined();
  });
});

describe('on simulated truth', () => {
  const random = seededRandom(41);
  const simulate = (rows: number, bend: number) => {
    const [p, label, cluster]: [number[], number[], number[]] = [[], [], []];
    for (let row = 0; row < rows; row++) {
      const logOdds = 4 * random() - 3;
      p.push(1 / (1 + Math.exp(-logOdds * bend)));
      label.push(random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0);
      cluster.push(Math.floor(row / 5));
    }
    return { p, label, cluster };
  };

  test('the line finds by how much a forecast is too sure of itself', () => {
    const { p, label } = simulate(40_000, 2);
    const line = calibrationLine(p, label)!;
    expect(line.slope).toBeCloseTo(0.5, 1);
    expect(line.intercept).toBeCloseTo(0, 1);
  });

  test("the ECE's interval reaches 0 for a calibrated forecast and not for one that is too sure", () => {
    const right = simulate(5000, 1);
    const sure = simulate(5000, 2.5);
    expect(eceInterval(right.p, right.label, right.cluster, { seed: 1 })!.low).toBeLessThan(0.005);
    expect(eceInterval(sure.p, sure.label, sure.cluster, { seed: 1 })!.low).toBeGreaterThan(0.05);
    expect(
      eceInterval(
        sure.p,
        sure.label,
        sure.p.map(() => 0),
        { seed: 1 },
      ),
    ).toBeUndefined();
  });

  test('isotonic calibration mends what Platt cannot: the ECE of a bent forecast falls', () => {
    const { p, label } = simulate(20_000, 1);
    const bent = p.map((value) => value ** 4);
    const curve = fitIsotonic(bent, label)!;
    const mended = bent.map((value) => isotonicAt(curve, value));
    expect(reliability(mended, label)!.ece).toBeLessThan(reliability(bent, label)!.ece / 10);
  });
});
