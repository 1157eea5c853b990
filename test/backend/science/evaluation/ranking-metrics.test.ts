import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  auc,
  averagePrecision,
} from '../../../../backend/science/evaluation/classification-metrics.ts';
import {
  averagePrecisionAt,
  dcgAt,
  dcgTiesAveragedAt,
  hitAt,
  ndcgAt,
  ndcgTiesAveragedAt,
  precisionAt,
  recallAt,
  reciprocalRank,
} from '../../../../backend/science/evaluation/ranking-metrics.ts';
import { needsShared, readVectors } from '../../../support/shared-data.ts';
import { runs } from '../../../shared/support/seed.ts';

describe('ranking metrics by hand', () => {
  test.each([
    ['first of three', [1, 0, 0], 1, 1, 1],
    ['second of three', [0, 1, 0], 1 / 2, 1 / Math.log2(3), 0],
    ['none', [0, 0, 0], 0, 0, 0],
    ['an empty list', [], 0, 0, 0],
    ['two, the lesser one first', [1, 3], 1, (1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3)), 1],
  ])('%s', (_, gains, mrr, ndcg, hit) => {
    expect(reciprocalRank(gains)).toBe(mrr);
    expect(ndcgAt(gains, 10)).toBeCloseTo(ndcg, 12);
    expect(hitAt(gains, 1)).toBe(hit);
  });

  test.each([
    ['precision counts slots past the end as misses', precisionAt([1, 1], 5), 2 / 5],
    ['precision of no slot is 0', precisionAt([1, 1], 0), 0],
    ['recall of a list with nothing relevant is 0', recallAt([0, 0], 1), 0],
    ['recall of half of the relevant', recallAt([1, 0, 1], 2), 1 / 2],
    [
      'AP of a perfect order is 1 where more is relevant than fits',
      averagePrecisionAt([1, 1, 1], 2),
      1,
    ],
    ['AP out of all counts what did not fit', averagePrecisionAt([1, 1, 1], 2, 'all'), 2 / 3],
    ['AP of nothing relevant is 0', averagePrecisionAt([0, 0]), 0],
    ['exponential gain pays 2^3 − 1', dcgAt([3], 1, 'exponential'), 7],
    ['all tied: the mean over both orders', ndcgTiesAveragedAt([1, 0], [5, 5], 1), 1 / 2],
  ])('%s', (_, value, expected) => {
    expect(value).toBeCloseTo(expected, 12);
  });
});

interface Case {
  readonly input: { readonly relevance: readonly number[]; readonly score: readonly number[] };
  readonly expected: Readonly<Record<string, number | null>>;
}

/** The measure of ours that an expected one names, or undefined for a name nobody knows. */
function ownMeasure(name: string, { relevance, score }: Case['input']) {
  const gains = score
    .map((value, i) => ({ value, i }))
    .toSorted((a, b) => b.value - a.value || a.i - b.i)
    .map(({ i }) => relevance[i]);
  const [, measure, at] = /^([a-z_-]+?)(?:@(\d+|None))?(?:_(?:linear|exp).*)?$/.exec(name) ?? [];
  const k = at === undefined || at === 'None' ? gains.length : Number(at);
  const scale = name.includes('_exp') || name.includes('burges') ? 'exponential' : 'linear';
  const known: Record<string, () => number | undefined> = {
    mrr: () => reciprocalRank(gains, k),
    ranx_mrr: () => reciprocalRank(gains, k),
    hit: () => hitAt(gains, k),
    ranx_hit_rate: () => hitAt(gains, k),
    precision: () => precisionAt(gains, k),
    ranx_precision: () => precisionAt(gains, k),
    'ranx_r-precision': () => precisionAt(gains, gains.filter((gain) => gain > 0).length),
    recall: () => recallAt(gains, k),
    ranx_recall: () => recallAt(gains, k),
    ap: () => averagePrecisionAt(gains, k),
    ranx_map: () => averagePrecisionAt(gains, k, 'all'),
    // scikit-learn averages a bare DCG over ties.
    dcg: () => dcgTiesAveragedAt(relevance, score, k, scale),
    ndcg: () =>
      name.endsWith('ties_averaged')
        ? ndcgTiesAveragedAt(relevance, score, k, scale)
        : ndcgAt(gains, k, scale),
    ranx_ndcg: () => ndcgAt(gains, k, scale),
    ranx_ndcg_burges: () => ndcgAt(gains, k, scale),
    auc: () => auc(score, relevance),
    average_precision: () => averagePrecision(score, relevance),
  };
  return measure === undefined ? undefined : known[measure];
}

const FILE = 'vectors/ranking_metrics.json';
const cases = readVectors<Case>(FILE);
const { absent, why } = needsShared(FILE);

describe.skipIf(absent)(`as other tools compute them${why}`, () => {
  test(`every figure of all ${cases.length || ''} cases agrees to 1e-6`, () => {
    let compared = 0;
    for (const { input, expected } of cases) {
      for (const [name, value] of Object.entries(expected)) {
        const measure = ownMeasure(name, input);
        expect(measure, name).toBeDefined();
        const own = measure!();
        const about = `${name} of ${JSON.stringify(input)}`;
        if (value === null) expect(own, about).toBeUndefined();
        else expect(Math.abs(own! - value), about).toBeLessThan(1e-6);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20 * cases.length);
  });
});

describe('ranking metrics of any list', () => {
  const list = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 });
  const depth = fc.integer({ min: 1, max: 40 });

  test('lie in 0..1, and the ideal order has NDCG 1 and AP 1', () => {
    fc.assert(
      fc.property(list, depth, (gains, k) => {
        for (const scale of ['linear', 'exponential'] as const) {
          const ndcg = ndcgAt(gains, k, scale);
          expect(ndcg).toBeGreaterThanOrEqual(0);
          expect(ndcg).toBeLessThanOrEqual(1 + 1e-12);
        }
        const ideal = gains.toSorted((a, b) => b - a);
        const anything = gains.some((gain) => gain > 0) ? 1 : 0;
        expect(ndcgAt(ideal, k)).toBeCloseTo(anything, 12);
        expect(averagePrecisionAt(ideal, k)).toBeCloseTo(anything, 12);
        expect(averagePrecisionAt(gains, k)).toBeLessThanOrEqual(1 + 1e-12);
        expect(recallAt(gains, k)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('tie-averaged NDCG is the mean over all orders of a tied list', () => {
    const orders = (items: number[]): number[][] =>
      items.length < 2
        ? [items]
        : items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 6 }),
        (gains, k) => {
          const all = orders(gains);
          const mean = all.reduce((sum, order) => sum + ndcgAt(order, k), 0) / all.length;
          const tied = ndcgTiesAveragedAt(
            gains,
            gains.map(() => 0),
            k,
          );
          expect(tied).toBeCloseTo(mean, 10);
        },
      ),
      { numRuns: runs(60) },
    );
  });
});
