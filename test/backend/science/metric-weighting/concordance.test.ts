import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aucEstimate } from '../../../../backend/science/evaluation/auc-estimate.ts';
import { concordance } from '../../../../backend/science/metric-weighting/concordance.ts';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { influenceInterval } from '../../../../backend/science/metric-weighting/skill.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';

/** Every pair looked at. */
function byPairs(scores: readonly number[], values: readonly number[]): number {
  let [agree, pairs] = [0, 0];
  scores.forEach((score, i) =>
    values.forEach((value, j) => {
      if (values[i] <= value) return;
      pairs++;
      agree += score > scores[j] ? 1 : score === scores[j] ? 0.5 : 0;
    }),
  );
  return agree / pairs;
}

const pairs = fc.array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: 0, max: 5 })), {
  minLength: 2,
  maxLength: 40,
});

test('is the share of pairs ranked rightly, ties counted as halves', () => {
  fc.assert(
    fc.property(pairs, (drawn) => {
      const [scores, values] = [drawn.map(([score]) => score), drawn.map(([, value]) => value)];
      const found = concordance(scores, values);
      if (new Set(values).size === 1) {
        expect(found).toBeUndefined();
        return;
      }
      expect(found!.value).toBeCloseTo(byPairs(scores, values), 12);
      expect(found!.influence.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10);
    }),
  );
});

test('on values of 0 and 1 it is the AUC, with the same standard error', () => {
  const random = seededRandom(3);
  const labels = Array.from({ length: 400 }, () => (random() < 0.3 ? 1 : 0));
  const scores = normals(random, 400).map((value, i) => value + labels[i]);
  const rows = labels.map((_, i) => i);
  const auc = aucEstimate(scores, labels, rows)!;
  const own = concordance(scores, labels)!;
  const { mean, low, high } = influenceInterval(own.value, own.influence, rows);
  expect(mean).toBeCloseTo(auc.mean, 12);
  expect(high - low).toBeCloseTo(auc.high - auc.low, 10);
});
