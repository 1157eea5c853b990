import { describe, expect, test } from 'vitest';
import {
  linearExplainer,
  pointsMoments,
} from '../../../../../backend/science/evaluation/importance/linear-shap.ts';
import { rowCodes } from '../../../../../backend/science/evaluation/importance/sample-rows.ts';
import { sampledExplainer } from '../../../../../backend/science/evaluation/importance/sampled-shap.ts';
import { additiveScores } from '../../../../../backend/science/learn/histogram.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { STRIDE, toPoints, toUnits } from '../../../../../shared/score/scorer.ts';
import { shapleyValues } from '../../../../oracle/shapley.ts';
import { likedSlates, schema } from './support/liked.ts';

const FEATURES = schema.features.length;
const background = likedSlates(300, 5);
const random = seededRandom(6);
const weights = Int32Array.from({ length: FEATURES * STRIDE }, () => toUnits(random() * 10 - 5));
const additive = (codes: Uint8Array) =>
  codes.reduce((sum, code, feature) => sum + toPoints(weights[feature * STRIDE + code]), 0);
/** Two features that only count together. */
const crossed = (codes: Uint8Array) => codes[0] * codes[1] + codes[3];

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const items = [3, 77, 400].map((row) => ({ row, codes: rowCodes(background, row, FEATURES) }));

describe.each(items)('row $row', ({ codes }) => {
  test('linear: weight less mean weight, which add up to the score less the mean score', () => {
    const explainer = linearExplainer(weights, background);
    const { expected } = explainer;
    const scores = additiveScores(background, Float64Array.from(weights, toPoints));
    expect(expected).toBeCloseTo(sum(scores) / background.rows, 9);
    const parts = new Float64Array(FEATURES);
    explainer.add(codes, parts);
    expect(sum(parts)).toBeCloseTo(additive(codes) - expected, 9);
    parts.forEach((part, feature) => {
      const column = background.codes.subarray(
        feature * background.rows,
        (feature + 1) * background.rows,
      );
      const points = Array.from(column, (code) => toPoints(weights[feature * STRIDE + code]));
      const own = toPoints(weights[feature * STRIDE + codes[feature]]);
      expect(part).toBeCloseTo(own - sum(points) / points.length, 9);
    });
  });

  test('sampled: near the linear ones on a sum, and exactly local', () => {
    const exact = new Float64Array(FEATURES);
    linearExplainer(weights, background).add(codes, exact);
    const draws = 4000;
    const sampled = sampledExplainer(additive, FEATURES, background, { seed: 9, draws });
    const parts = new Float64Array(FEATURES);
    sampled.add(codes, parts);
    expect(sum(parts)).toBeCloseTo(additive(codes) - sampled.expected, 9);
    // On a sum each draw gives the item's weight less that of the drawn row: five errors of their mean.
    pointsMoments(weights, background).forEach(({ variance }, feature) =>
      expect(Math.abs(parts[feature] - exact[feature])).toBeLessThanOrEqual(
        5 * Math.sqrt(variance / draws),
      ),
    );
  });

  test('sampled: near the Shapley values over all subsets where features count together', () => {
    const rows = Array.from({ length: background.rows }, (_, row) =>
      rowCodes(background, row, FEATURES),
    );
    const oracle = shapleyValues(FEATURES, (known) => {
      const scores = rows.map((row) =>
        crossed(row.map((code, feature) => ((known >> feature) & 1 ? codes[feature] : code))),
      );
      return sum(scores) / rows.length;
    });
    const parts = new Float64Array(FEATURES);
    sampledExplainer(crossed, FEATURES, background, { seed: 3, draws: 4000 }).add(codes, parts);
    oracle.forEach((value, feature) => expect(Math.abs(parts[feature] - value)).toBeLessThan(0.25));
    expect([parts[2], parts[4]]).toEqual([0, 0]);
  });
});
