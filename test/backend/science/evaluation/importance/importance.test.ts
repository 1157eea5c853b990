import { beforeAll, describe, expect, test } from 'vitest';
import { cpuDevice } from '../../../../../backend/device/cpu/cpu-device.ts';
import {
  compareModels,
  type ModelComparison,
} from '../../../../../backend/science/training/compare-models.ts';
import { withShares } from '../../../../../backend/science/evaluation/importance/importance.ts';
import {
  bucketRows,
  partialDependence,
} from '../../../../../backend/science/evaluation/importance/partial-dependence.ts';
import { permutationImportance } from '../../../../../backend/science/evaluation/importance/permutation-importance.ts';
import { LEARNERS } from '../../../../../backend/science/learn/learners/learner.ts';
import { pointsPerRow } from '../../../../../backend/science/learn/score-set.ts';
import { additiveFromPoints } from '../../../../../shared/score/scorer.ts';
import { likedSlates, parent, schema } from './support/liked.ts';

const set = likedSlates(1500, 21);
let report: ModelComparison;
beforeAll(async () => {
  report = await compareModels(set, {
    parent,
    learners: LEARNERS,
    device: cpuDevice(),
    nowMs: () => performance.now(),
  });
});

const modelOf = (learner: string) => report.models.find((model) => model.learner === learner)!;

describe.each(LEARNERS)('importance of features to %s', (learner) => {
  test.each(['gain', 'permutation', 'shap'] as const)(
    '%s puts what visitors like before what means nothing',
    (method) => {
      const { features } = modelOf(learner).importance;
      const shares = features.map((feature) => feature[method]?.share);
      if (learner === 'mlp' && method === 'gain') {
        expect(shares.every((share) => share === undefined)).toBe(true);
        return;
      }
      const [comfort, theme, ...others] = shares as number[];
      expect(comfort).toBeGreaterThan(theme);
      expect(theme).toBeGreaterThan(Math.max(...others));
      expect(shares.reduce((sum, share) => sum! + share!, 0)).toBeCloseTo(1, 9);
    },
  );

  test('what is liked is worth something for sure, and noise may be worth nothing', () => {
    const [comfort, theme, device, noise, fixed] = modelOf(learner).importance.features.map(
      ({ permutation }) => permutation,
    );
    expect(comfort.low).toBeGreaterThan(0);
    expect(theme.low).toBeGreaterThan(0);
    for (const { low, high, raw } of [device, noise, fixed]) {
      expect(low).toBeLessThanOrEqual(0);
      expect(high).toBeGreaterThanOrEqual(0);
      expect(Math.abs(raw)).toBeLessThan(0.02);
    }
  });

  test('scores rise with comfort, as visitors like it', () => {
    const comfort = report.dependence[0].buckets.map(({ points }) => points[learner]!);
    expect(comfort).toEqual(comfort.toSorted((a, b) => a - b));
    expect(comfort.at(-1)! - comfort[0]).toBeGreaterThan(5);
  });
});

test('each kind is explained in its own way', () => {
  expect(report.models.map(({ learner, importance }) => [learner, importance.shapMethod])).toEqual([
    ['additive', 'linear'],
    ['boosted', 'TreeSHAP'],
    ['forest', 'TreeSHAP'],
    ['mlp', 'sampled'],
  ]);
});

const onlyTheme = additiveFromPoints(
  schema,
  { theme: [1, 2, 4, 8] },
  { version: parent.version, name: 'theme' },
);

test('dealing out codes that a scorer does not read changes nothing at all', () => {
  const falls = permutationImportance(onlyTheme, set, { seed: 4, repeats: 1 });
  expect(falls.map(({ mean, low, high }) => [mean, low, high])).toMatchObject([
    [0, 0, 0],
    expect.anything(),
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(permutationImportance(onlyTheme, set, { seed: 4, repeats: 1 })).toEqual(falls);
});

test('the interval of noise that a scorer reads holds 0 in about 95 of 100 worlds', () => {
  const misled = additiveFromPoints(
    schema,
    { comfort: [0, 1, 2, 3, 4, 5], noise: [0, 3, -1, 2, 0, -3, 1, 2] },
    { version: parent.version, name: 'misled' },
  );
  const held = Array.from({ length: 100 }, (_, seed) => {
    const noise = permutationImportance(misled, likedSlates(60, 1000 + seed), {
      seed,
      repeats: 1,
    })[3];
    return noise.low <= 0 && noise.high >= 0 ? 1 : 0;
  }).reduce((sum: number, one) => sum + one, 0);
  expect(held).toBeGreaterThanOrEqual(89);
  expect(held).toBeLessThan(100);
});

test('partial dependence of a sum is the mean score moved by the weights', () => {
  const [comfort, theme] = partialDependence(onlyTheme, set, { seed: 2, sampleRows: set.rows });
  const scores = pointsPerRow(onlyTheme, set);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  comfort.forEach((points) => expect(points).toBeCloseTo(mean, 6));
  [1, 2, 4, 8, 0].forEach((points, bucket) => expect(theme[bucket]).toBeCloseTo(points, 6));
});

test('rows are counted by bucket', () => {
  const counts = bucketRows({ rows: 4, codes: Uint8Array.of(9, 9, 9, 9, 1, 0, 1, 2) }, 1, 4);
  expect([...counts]).toEqual([1, 2, 1, 0]);
});

test.each([
  ['figures below 0 have no share', [3, -1, 1], [0.75, 0, 0.25]],
  ['nothing counts', [0, -1], [0, 0]],
])('shares: %s', (_, raw, shares) => {
  expect(withShares(raw)).toEqual(raw.map((figure, i) => ({ raw: figure, share: shares[i] })));
});
