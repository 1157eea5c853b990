import { describe, expect, test } from 'vitest';
import {
  chiSquareTail,
  gammaTail,
  incompleteBeta,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
  studentTwoSided,
} from '../../../../backend/science/statistics/distributions.ts';
import { needsShared, readVectors } from '../../../support/shared-data.ts';

interface Distribution {
  readonly dist: string;
  readonly df?: number;
  readonly a?: number;
  readonly b?: number;
  readonly d1?: number;
  readonly d2?: number;
  readonly x?: number;
  readonly p?: number;
  readonly cdf?: number;
  readonly sf?: number;
  readonly quantile?: number;
}

/** The figure of ours that each expected one stands for; undefined for what nothing here needs yet. */
function own(row: Distribution, figure: 'cdf' | 'sf' | 'quantile'): number | undefined {
  const { x = Number.NaN, p = Number.NaN, df = 1, a = 1, b = 1, d1 = 1, d2 = 1 } = row;
  const f = () => (d1 * x) / (d1 * x + d2);
  const known: Record<string, () => number> = {
    't cdf': () => studentCdf(x, df),
    't sf': () => studentCdf(-x, df),
    't quantile': () => studentQuantile(p, df),
    'norm cdf': () => normalCdf(x),
    'norm sf': () => normalCdf(-x),
    'norm quantile': () => normalQuantile(p),
    'chi2 cdf': () => 1 - chiSquareTail(x, df),
    'chi2 sf': () => chiSquareTail(x, df),
    'gamma cdf': () => 1 - gammaTail(a, x),
    'beta cdf': () => incompleteBeta(x, a, b),
    'f cdf': () => incompleteBeta(f(), d1 / 2, d2 / 2),
    'f sf': () => incompleteBeta(1 - f(), d2 / 2, d1 / 2),
  };
  return known[`${row.dist} ${figure}`]?.();
}

const FILE = 'vectors/stats_scipy_statsmodels.json';
interface Case {
  readonly kind: string;
  readonly source: string;
  readonly input: unknown;
  readonly expected: unknown;
}
const cases = readVectors<Case>(FILE);
const NOT_NEEDED = new Set(['beta quantile']);

const scipy = needsShared(FILE);

describe('as scipy computes them', () => {
  const rows = cases
    .filter(({ kind }) => kind === 'distributions')
    .flatMap(({ expected }) => expected as Distribution[]);

  const ofRows = scipy.absent ? `all values${scipy.why}` : `${rows.length} values`;
  test.skipIf(scipy.absent)(`to 1e-6 and to 1e-6 of the value: ${ofRows}`, () => {
    let compared = 0;
    for (const row of rows) {
      for (const figure of ['cdf', 'sf', 'quantile'] as const) {
        const value = row[figure];
        if (value === undefined || NOT_NEEDED.has(`${row.dist} ${figure}`)) continue;
        const ours = own(row, figure);
        expect(ours, `${figure} of ${JSON.stringify(row)}`).toBeDefined();
        // Tails are held to their own size, except 1 − tail, where nothing smaller than rounding can be kept.
        const fine = figure === 'cdf' && ['chi2', 'gamma'].includes(row.dist) ? 1e-15 : 0;
        const allowed = 1e-6 * Math.min(1, Math.abs(value)) + fine + Number.MIN_VALUE;
        expect(Math.abs(ours! - value), JSON.stringify(row)).toBeLessThanOrEqual(allowed);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(rows.length);
  });

  test.skipIf(scipy.absent).each(
    scipy.cases(
      'all',
      cases.filter(({ kind }) => kind === 'welch_t_from_stats'),
      ({ source, expected }) => `${source}, ${(expected as Welch).df} degrees of freedom`,
    ),
  )('p-value and interval of Welch tests: %s', (_, { expected }) => {
    const { t, df, p_two_sided: p, diff, se, ci95 } = expected as Welch;
    expect(Math.abs(studentTwoSided(t, df) / p - 1)).toBeLessThan(1e-6);
    const half = studentQuantile(0.975, df) * se;
    expect(Math.abs(diff - half - ci95[0])).toBeLessThan(1e-6 * Math.max(se, 1e-9));
    expect(Math.abs(diff + half - ci95[1])).toBeLessThan(1e-6 * Math.max(se, 1e-9));
  });
});

interface Welch {
  readonly t: number;
  readonly df: number;
  readonly p_two_sided: number;
  readonly diff: number;
  readonly se: number;
  readonly ci95: readonly [number, number];
}

describe('by hand', () => {
  test.each([
    ['t of 1 degree of freedom is Cauchy', studentCdf(1, 1), 0.75],
    ['t of 2 degrees: ½ + t / 2√(2 + t²)', studentCdf(1, 2), 0.5 + 1 / (2 * Math.sqrt(3))],
    ['χ² of 2 degrees is exponential', chiSquareTail(3, 2), Math.exp(-1.5)],
    ['I_x(1, 1) = x', incompleteBeta(0.3, 1, 1), 0.3],
    ['I_x(2, 3) at ½ = 11 / 16', incompleteBeta(0.5, 2, 3), 11 / 16],
    ['Φ(0)', normalCdf(0), 0.5],
    ['t of 1e8 degrees is normal', studentQuantile(0.975, 1e8), 1.959964],
  ])('%s', (_, value, expected) => {
    expect(value).toBeCloseTo(expected, 7);
  });

  test('quantile undoes cdf, deep in both tails', () => {
    for (const p of [1e-300, 1e-30, 1e-6, 0.025, 0.3, 0.4999, 0.5, 0.7, 0.999]) {
      expect(Math.abs(normalCdf(normalQuantile(p)) / p - 1), `p = ${p}`).toBeLessThan(1e-10);
      for (const df of [0.5, 1, 3.3, 40, 1e4]) {
        const t = studentQuantile(Math.max(p, 1e-30), df);
        const back = studentCdf(t, df);
        expect(Math.abs(back / Math.max(p, 1e-30) - 1), `p = ${p}, df = ${df}`).toBeLessThan(1e-9);
      }
    }
  });

  test('the ends are infinite, and what is no probability is refused', () => {
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(studentQuantile(1, 3)).toBe(Infinity);
    expect(() => normalQuantile(1.5)).toThrow('a probability must be in 0..1, not 1.5');
    expect(() => studentCdf(1, 0)).toThrow('degrees of freedom must be above 0, not 0');
  });
});
