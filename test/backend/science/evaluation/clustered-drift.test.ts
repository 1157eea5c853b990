import { describe, expect, test } from 'vitest';
import {
  clusteredDrift,
  type ClusteredBuckets,
} from '../../../../backend/science/evaluation/clustered-drift.ts';
import { drift } from '../../../../backend/science/evaluation/drift.ts';
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

describe('independent rows', () => {
  const random = seededRandom(1);
  const draw = (n: number) => Array.from({ length: n }, () => Math.floor(4 * random()));
  const [before, after] = [draw(900), draw(500)];
  const counts = (rows: readonly number[]) =>
    [0, 1, 2, 3].map((bucket) => rows.filter((own) => own === bucket).length);

  test('have the PSI of their counts, and the chance that theory says', () => {
    const clustered = clusteredDrift(independent(before), independent(after));
    const plain = drift(counts(before), counts(after));
    expect(clustered.psi).toBeCloseTo(plain.psi, 12);
    expect(clustered.byChance / plain.byChance).toBeCloseTo(1, 1);
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
