import { expect, test } from 'vitest';
import { explainModel } from '../../../../../backend/science/evaluation/importance/explain-model.ts';
import { pointsVariance } from '../../../../../backend/science/evaluation/importance/gain-importance.ts';
import { rowCodes } from '../../../../../backend/science/evaluation/importance/sample-rows.ts';
import { pointsPerRow } from '../../../../../backend/science/learn/score-set.ts';
import { additiveFromPoints } from '../../../../../shared/score/scorer.ts';
import { likedSlates, parent, schema } from './support/liked.ts';

const set = likedSlates(200, 3);
const [first, second] = schema.features.map(({ name }) => name);
/** Of its two features nothing is known alone, and all together. */
const scorer = additiveFromPoints(
  schema,
  {},
  {
    version: parent.version,
    name: 'crossed',
    crosses: [{ features: [first, second], points: [[], [0, 4, -4], [0, -4, 4]] }],
  },
);

test('the variance of a cross is shared by its features, and no other has any', () => {
  const points = pointsPerRow(scorer, set);
  const mean = points.reduce((sum, own) => sum + own, 0) / points.length;
  const variance = points.reduce((sum, own) => sum + (own - mean) ** 2, 0) / points.length;
  const [a, b, ...others] = pointsVariance(scorer, set);
  expect(a).toBeCloseTo(variance / 2, 9);
  expect(b).toBeCloseTo(variance / 2, 9);
  expect(others.every((own) => own === 0)).toBe(true);
  expect(variance).toBeGreaterThan(1);
});

test('its Shapley values add up to the score of a row, and are of its features alone', () => {
  const explained = explainModel(scorer, undefined, set, 1);
  const { expected } = explained;
  expect(explained.method).toBe('sampled');
  const points = pointsPerRow(scorer, set);
  for (const row of [0, 7, 99]) {
    const parts = new Float64Array(schema.features.length);
    explained.add(rowCodes(set, row, schema.features.length), parts);
    const [a, b, ...others] = parts;
    expect(expected + a + b).toBeCloseTo(points[row], 6);
    expect(others.every((own) => own === 0)).toBe(true);
  }
});
