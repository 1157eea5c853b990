import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binOf, drift, quantileEdges } from '../../../../backend/science/evaluation/drift.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

const SEED = 4601;

describe('drift of bucket counts', () => {
  const byHand = 0.1 * Math.log(0.6 / 0.5) - 0.1 * Math.log(0.4 / 0.5);

  test.each([
    ['the same shares have none', [100, 300], [10, 30], 0, 'stable'],
    ['50:50 to 60:40', [5000, 5000], [6000, 4000], byHand, 'stable'],
    ['50:50 to 30:70', [5000, 5000], [3000, 7000], (0.4 * Math.log(7 / 3)) / 2, 'moderate shift'],
    [
      '50:50 to 20:80',
      [5000, 5000],
      [2000, 8000],
      0.3 * Math.log(0.4) * -1 + 0.3 * Math.log(1.6),
      'major shift',
    ],
    ['buckets empty on both sides count for nothing', [50, 0, 50], [50, 0, 50], 0, 'stable'],
  ])('%s', (_, reference, current, psi, reading) => {
    const found = drift(reference, current);
    expect(found.psi).toBeCloseTo(psi, 12);
    expect(found.reading).toBe(reading);
  });

  test('a bucket that fills up from nothing is a large and finite shift', () => {
    const { psi, reading } = drift([1000, 0], [500, 500]);
    expect(psi).toBeGreaterThan(1);
    expect(psi).toBeLessThan(10);
    expect(reading).toBe('major shift');
  });

  test('a side without rows is refused', () => {
    expect(() => drift([0, 0], [1, 2])).toThrow('drift from 0 rows to 3: both sides need rows');
  });

  test('is never negative and the same both ways', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        fc.pre(a.some(Boolean) && b.some(Boolean));
        expect(drift(a, b).psi).toBeGreaterThanOrEqual(0);
        expect(drift(a, b).psi).toBeCloseTo(drift(b, a).psi, 12);
      }),
    );
  });

  test(`few rows in many buckets do not read as a shift: chance explains their PSI, seed ${SEED}`, () => {
    const random = seededRandom(SEED);
    const sample = (rows: number) => {
      const counts = new Uint32Array(256);
      for (let i = 0; i < rows; i++) counts[Math.floor(random() * 256)]++;
      return counts;
    };
    let [psi, byChance] = [0, 0];
    for (let run = 0; run < 100; run++) {
      const found = drift(sample(20_000), sample(4000));
      psi += found.psi / 100;
      byChance += found.byChance / 100;
      expect(found.reading).toBe('stable');
    }
    expect(psi / byChance).toBeGreaterThan(0.9);
    expect(psi / byChance).toBeLessThan(1.15);
  });
});

describe('drift of scores', () => {
  const random = seededRandom(SEED + 1);
  const scores = (n: number, shift: number) =>
    Array.from({ length: n }, () => random() + random() + shift);

  const countIn = (edges: readonly number[], all: readonly number[]) => {
    const counts = Array.from({ length: edges.length + 1 }, () => 0);
    for (const score of all) counts[binOf(edges, score)]++;
    return counts;
  };

  test('bins hold a tenth of the reference each and stay as they were', () => {
    const reference = scores(1000, 0);
    const edges = quantileEdges(reference);
    const counts = countIn(edges, reference);
    expect(counts).toEqual(Array.from({ length: 10 }, () => 100));
    expect(drift(counts, countIn(edges, scores(5000, 0))).reading).toBe('stable');
    expect(drift(counts, countIn(edges, scores(5000, 0.3))).reading).toBe('major shift');
  });

  test('scores that many rows share make fewer bins, and no empty one', () => {
    const few = [1, 1, 1, 1, 1, 1, 2, 3];
    expect(quantileEdges(few)).toEqual([1, 2]);
    expect(countIn([1, 2], few)).toEqual([6, 1, 1]);
    expect(quantileEdges([4, 4])).toEqual([]);
  });
});
