import { describe, expect, test } from 'vitest';
import { clusterFolds, rollingFolds } from '../../../../backend/science/evaluation/splits.ts';
import { takeSlates } from '../../../../backend/science/learn/training-set.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { randomSet } from './support/sets.ts';

const SEED = 4301;

describe('clusterFolds', () => {
  const random = seededRandom(SEED);
  const cluster = Array.from({ length: 500 }, () => 1000 + Math.floor(random() * 83));
  const folds = clusterFolds(cluster, { seed: 7 });

  test('five folds: each slate is tested once, and learned from in the other four', () => {
    expect(folds).toHaveLength(5);
    const tested = folds.flatMap(({ test: slates }) => [...slates]).toSorted((a, b) => a - b);
    expect(tested).toEqual(cluster.map((_, slate) => slate));
    for (const fold of folds) {
      expect(fold.train.length + fold.test.length).toBe(500);
      expect([...fold.train]).toEqual([...fold.train].toSorted((a, b) => a - b));
    }
  });

  test('no user is on both sides, and folds hold equally many users', () => {
    for (const { train, test: tested } of folds) {
      const learned = new Set(Array.from(train, (slate) => cluster[slate]));
      const judged = new Set(Array.from(tested, (slate) => cluster[slate]));
      expect(learned.intersection(judged).size).toBe(0);
      expect([16, 17]).toContain(judged.size);
    }
  });

  test('the seed decides', () => {
    expect(clusterFolds(cluster, { seed: 7 })).toEqual(folds);
    expect(clusterFolds(cluster, { seed: 8 })).not.toEqual(folds);
  });

  test('fewer users than folds are refused', () => {
    expect(() => clusterFolds([1, 1, 2], { seed: 1 })).toThrow('2 clusters cannot make 5 folds');
  });
});

describe('rollingFolds', () => {
  test('each fold learns from all that came before what it is judged on', () => {
    const at = Float64Array.from({ length: 100 }, (_, i) => 10 * i);
    const folds = rollingFolds({ at }, { folds: 5 });
    expect(
      folds.map(({ train, test: tested }) => [train.length, tested[0], tested.length]),
    ).toEqual([50, 60, 70, 80, 90].map((origin) => [origin, origin, 10]));
  });

  test('slates of one moment stay together', () => {
    const at = Float64Array.from({ length: 100 }, (_, i) => Math.floor(i / 7));
    for (const { train, test: tested } of rollingFolds({ at }, { folds: 4 })) {
      expect(at[train.at(-1)!]).toBeLessThan(at[tested[0]]);
    }
  });

  test('a gap keeps out of training what was not yet known', () => {
    const at = Float64Array.from({ length: 100 }, (_, i) => 10 * i);
    for (const { train, test: tested } of rollingFolds({ at }, { folds: 5, gapMs: 95 })) {
      expect(at[tested[0]] - at[train.at(-1)!]).toBe(100);
    }
  });

  test.each([
    ['too few slates', [1, 2], {}],
    ['all of one moment', Array.from({ length: 50 }, () => 1), {}],
    ['a gap longer than the log', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { gapMs: 1000, folds: 2 }],
  ])('%s is refused with what is missing', (_, at, options) => {
    expect(() => rollingFolds({ at: Float64Array.from(at) }, options)).toThrow(
      /would train on \d+ slates and test on \d+: use fewer folds/,
    );
  });
});

describe('takeSlates', () => {
  const { set } = randomSet({ seed: SEED, slates: 30, features: 3 });

  test('takes each slate whole, with its codes, rewards, slots, time and session', () => {
    const slates = [2, 3, 11, 29];
    const taken = takeSlates(set, slates);
    slates.forEach((slate, i) => {
      const [first, own] = [set.starts[slate], taken.starts[i]];
      const length = set.starts[slate + 1] - first;
      expect(taken.starts[i + 1] - own).toBe(length);
      expect([taken.at[i], taken.cluster[i]]).toEqual([set.at[slate], set.cluster[slate]]);
      for (let k = 0; k < length; k++) {
        expect(taken.reward[own + k]).toBe(set.reward[first + k]);
        expect(taken.position[own + k]).toBe(set.position[first + k]);
        for (let feature = 0; feature < 3; feature++) {
          expect(taken.codes[feature * taken.rows + own + k]).toBe(
            set.codes[feature * set.rows + first + k],
          );
        }
      }
    });
    expect(taken.rows).toBe(taken.starts[4]);
  });

  test('all of them are the set itself, none an empty one', () => {
    expect(
      takeSlates(
        set,
        Array.from({ length: 30 }, (_, i) => i),
      ),
    ).toEqual(set);
    expect(takeSlates(set, [])).toMatchObject({ rows: 0, features: 3 });
  });
});
