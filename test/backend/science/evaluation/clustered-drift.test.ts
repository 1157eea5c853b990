import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clusteredDrift,
  type ClusteredBuckets,
} from '../../../../backend/science/evaluation/clustered-drift.ts';
import { clopperPearson } from '../../../../backend/science/statistics/clopper-pearson.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { sized } from '../../../support/size.ts';

const REPEATS = sized({ small: 400, full: 2000 });

/** Rows that are independent of each other: each its own cluster. */
const independent = (buckets: readonly number[]): ClusteredBuckets => ({
  buckets,
  clusterings: [{ of: buckets.map((_, row) => row), count: buckets.length }],
});

/**
 * Pairs of requests and items whose bucket depends on both: a request's taste, an item's kind, and their match.
 * @param tastes probability of the first taste. @param kinds the same of items.
 */
function pairs(
  random: () => number,
  { requests = 300, items = 150, perRequest = 30, tastes = 0.5, kinds = 0.5 } = {},
): ClusteredBuckets {
  const taste = Array.from({ length: requests }, () => Number(random() < tastes));
  const kind = Array.from({ length: items }, () => Number(random() < kinds));
  const [buckets, requestOf, itemOf]: [number[], number[], number[]] = [[], [], []];
  for (let request = 0; request < requests; request++)
    for (let n = 0; n < perRequest; n++) {
      const item = Math.floor(random() * items);
      const noise = Number(random() < 0.1);
      buckets.push(1 + 2 * taste[request] + (kind[item] ^ noise));
      requestOf.push(request);
      itemOf.push(item);
    }
  return {
    buckets,
    clusterings: [
      { of: requestOf, count: requests },
      { of: itemOf, count: items },
    ],
  };
}

/** Independent rows of which each bucket has so many. */
const rowsOf = (counts: readonly number[]): ClusteredBuckets =>
  independent(counts.flatMap((n, bucket) => Array.from({ length: n }, () => bucket)));

describe('independent rows', () => {
  const byHand = 0.1 * Math.log(0.6 / 0.5) - 0.1 * Math.log(0.4 / 0.5);

  test.each([
    ['the same shares have none', [100, 300], [10, 30], 0],
    ['50:50 to 60:40', [500, 500], [600, 400], byHand],
    ['50:50 to 30:70', [500, 500], [300, 700], (0.4 * Math.log(7 / 3)) / 2],
    ['buckets empty on both sides count for nothing', [50, 0, 50], [50, 0, 50], 0],
  ])('%s', (_, reference, current, psi) => {
    expect(clusteredDrift(rowsOf(reference), rowsOf(current)).psi).toBeCloseTo(psi, 12);
  });

  test('a bucket that fills up from nothing is a large and finite shift', () => {
    const { psi } = clusteredDrift(rowsOf([1000, 0]), rowsOf([500, 500]));
    expect(psi).toBeGreaterThan(1);
    expect(psi).toBeLessThan(10);
  });

  test('the chance is that of the rows less one, and of a sample only what was left out of the whole', () => {
    const [before, after] = [rowsOf([6, 4]), rowsOf([3, 2])];
    expect(clusteredDrift(before, after).byChance).toBeCloseTo(1 / 9 + 1 / 4, 12);
    const sampled = ({ buckets, clusterings: [own] }: ClusteredBuckets): ClusteredBuckets => ({
      buckets,
      clusterings: [{ ...own, chance: Array.from({ length: own.count }, () => 0.25) }],
    });
    const { byChance } = clusteredDrift(sampled(before), sampled(after));
    expect(byChance).toBeCloseTo((1 / 9 + 1 / 4) / 4, 12);
  });

  test('an empty bucket counts as half a cluster, however many rows clusters have', () => {
    const clusters = (filled: readonly number[]): ClusteredBuckets => ({
      buckets: filled.flatMap((bucket) => [bucket, bucket, bucket, bucket]),
      clusterings: [{ of: filled.flatMap((_, own) => [own, own, own, own]), count: filled.length }],
    });
    const [before, after] = [
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 1, 1, 1],
    ].map(clusters);
    const expected = (0.5 - 1 / 12) * Math.log(0.5 * 12) - 0.5 * Math.log(0.5);
    expect(clusteredDrift(before, after).psi).toBeCloseTo(expected, 12);
  });

  test('a side without rows is refused', () => {
    expect(() => clusteredDrift(rowsOf([0, 0]), rowsOf([1, 2]))).toThrow(
      'drift from 0 rows to 3: both sides need rows',
    );
  });

  test('is never negative and the same both ways', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        fc.pre(a.some(Boolean) && b.some(Boolean));
        const [there, back] = [
          clusteredDrift(rowsOf(a), rowsOf(b)),
          clusteredDrift(rowsOf(b), rowsOf(a)),
        ];
        expect(there.psi).toBeGreaterThanOrEqual(0);
        expect(there.psi).toBeCloseTo(back.psi, 12);
      }),
    );
  });

  test('few rows in many buckets do not read as a shift: chance explains their PSI as theory says', () => {
    const random = seededRandom(4601);
    const sample = (rows: number) =>
      independent(Array.from({ length: rows }, () => Math.floor(random() * 64)));
    let [psi, byChance] = [0, 0];
    for (let run = 0; run < 20; run++) {
      const found = clusteredDrift(sample(5000), sample(1000));
      psi += found.psi / 20;
      byChance += found.byChance / 20;
      expect(found.excess).toBeLessThan(0.1);
    }
    expect(byChance).toBeCloseTo(63 * (1 / 5000 + 1 / 1000), 2);
    expect(psi / byChance).toBeGreaterThan(0.9);
    expect(psi / byChance).toBeLessThan(1.15);
  });
});

describe('nothing changed', () => {
  const look = (seed: number) => {
    const random = seededRandom(seed);
    return clusteredDrift(pairs(random), pairs(random));
  };
  const looks = Array.from({ length: REPEATS }, (_, seed) => look(seed));
  const mean = (of: (one: (typeof looks)[number]) => number) =>
    looks.reduce((sum, one) => sum + of(one), 0) / looks.length;

  test('the chance taken out is the mean PSI of clustered rows, which a count of rows puts many times too low', () => {
    const [psi, byChance] = [mean((one) => one.psi), mean((one) => one.byChance)];
    console.log(`no change: mean PSI ${psi.toFixed(5)}, by chance ${byChance.toFixed(5)}`);
    // χ² of 3 degrees of freedom: the mean of 400 is within 5 %, four standard errors 16 %.
    expect(byChance / psi).toBeGreaterThan(0.85);
    expect(byChance / psi).toBeLessThan(1.2);
    const naive = 3 * (2 / 9000);
    expect(psi / naive).toBeGreaterThan(10);
  });

  test.each([0.05, 0.01])('p below %f comes as seldom as it says', (alpha) => {
    const alarms = looks.filter(({ p }) => p < alpha).length;
    const { low, high } = clopperPearson(alarms, REPEATS, 0.01);
    console.log(`no change: p < ${alpha} in ${alarms} of ${REPEATS} (${low} to ${high})`);
    expect(low).toBeLessThanOrEqual(alpha);
    // Nor is it much too careful.
    expect(high).toBeGreaterThan(alpha / 3);
  });
});

describe('a change', () => {
  test.each([
    ['of what people ask for', { tastes: 0.75 }],
    ['of what there is', { kinds: 0.8 }],
  ])('%s is found', (_, changed) => {
    let hits = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed);
      hits += Number(clusteredDrift(pairs(random), pairs(random, changed)).p < 0.001);
    }
    const { low } = clopperPearson(hits, 200);
    console.log(`a change ${_}: found in ${hits} of 200`);
    expect(low).toBeGreaterThan(0.9);
  });
});

test('a catalogue that is seen whole has no chance: any other share of its rows is a fact', () => {
  const whole = (rows: readonly number[]): ClusteredBuckets => ({
    buckets: rows,
    clusterings: [{ of: rows.map((_, row) => row), count: rows.length, chance: rows.map(() => 0) }],
  });
  const same = clusteredDrift(whole([1, 1, 2]), whole([1, 1, 2]));
  expect(same).toMatchObject({ psi: 0, byChance: 0, p: 1 });
  expect(clusteredDrift(whole([1, 1, 2]), whole([1, 2, 2]))).toMatchObject({ byChance: 0, p: 0 });
});

test('sides without rows cannot be compared', () => {
  expect(() => clusteredDrift(independent([]), independent([1]))).toThrow(
    'drift from 0 rows to 1: both sides need rows',
  );
});
