import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  drift,
  driftText,
  featureDrift,
  scoreBins,
  scoreDrift,
} from '../../../../backend/science/evaluation/drift.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
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

  test('bins hold a tenth of the reference each and stay as they were', () => {
    const bins = scoreBins(scores(1000, 0));
    expect(bins.counts).toEqual(Array.from({ length: 10 }, () => 100));
    expect(scoreDrift(bins, scores(5000, 0)).reading).toBe('stable');
    expect(scoreDrift(bins, scores(5000, 0.3)).reading).toBe('major shift');
    expect(scoreDrift(JSON.parse(JSON.stringify(bins)), scores(5000, 5)).reading).toBe(
      'major shift',
    );
  });

  test('scores that many rows share make fewer bins, and no empty one', () => {
    expect(scoreBins([1, 1, 1, 1, 1, 1, 2, 3])).toEqual({ edges: [1, 2], counts: [6, 1, 1] });
    expect(scoreBins([4, 4])).toEqual({ edges: [], counts: [2] });
  });
});

describe('drift of features', () => {
  const schema = parseSchema({
    name: 'two',
    columns: ['a', 'b'].map((name) => ({ name, type: 'number' })),
    features: ['a', 'b'].map((name) => ({ name, kind: 'quantile', column: name, edges: [1] })),
    rules: {},
    training: { objective: 'listwise', l2: 1, position: 'given' },
  });
  const set = (a: readonly number[], b: readonly number[]) => ({
    rows: a.length,
    codes: Uint8Array.from([...a, ...b]),
  });
  const many = (values: readonly number[]) => Array.from({ length: 200 }, () => values).flat();

  test('names the feature that moved, and the table puts it first', () => {
    const before = set(many([1, 2, 1, 2]), many([1, 1, 1, 2]));
    const after = set(many([1, 2, 2, 1]), many([2, 2, 1, 2]));
    const features = featureDrift(schema, before, after);
    expect(features.map(({ feature, reading }) => [feature, reading])).toEqual([
      ['a', 'stable'],
      ['b', 'major shift'],
    ]);
    const score = drift([5, 5], [5, 5]);
    expect(
      driftText({ score, features })
        .split('\n')
        .map((line) => line.split(/ {2,}/)[0]),
    ).toEqual(['of', 'scores', 'b', 'a']);
  });
});
