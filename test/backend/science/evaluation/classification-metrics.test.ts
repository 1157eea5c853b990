import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reliability } from '../../../../backend/science/evaluation/calibration.ts';
import {
  atThreshold,
  auc,
  averagePrecision,
  brier,
  logLoss,
} from '../../../../backend/science/evaluation/classification-metrics.ts';
import { needsShared, readVectors } from '../../../support/shared-data.ts';

describe('by hand', () => {
  test.each([
    ['AUC of a perfect order', auc([1, 2, 3], [0, 0, 1]), 1],
    ['AUC of the reverse', auc([3, 2, 1], [0, 0, 1]), 0],
    ['AUC where all are tied', auc([7, 7, 7], [0, 1, 1]), 1 / 2],
    ['AUC counts a tie half', auc([1, 1, 0], [1, 0, 0]), 3 / 4],
    ['AUC with infinite scores', auc([-Infinity, Infinity], [0, 1]), 1],
    ['AUC without a row of weight in one class', auc([1, 2], [0, 1], [0, 1]), undefined],
    ['AUC of one class only', auc([1, 2], [1, 1]), undefined],
    ['AUC of no rows', auc([], []), undefined],
    ['average precision of one class only: no', averagePrecision([1, 2], [0, 0]), undefined],
    [
      'average precision where all are tied: the base rate',
      averagePrecision([1, 1], [0, 1]),
      1 / 2,
    ],
    ['log loss of a coin', logLoss([0.5, 0.5], [0, 1]), Math.LN2],
    ['log loss of a sure error stays finite', logLoss([0], [1]), -Math.log(1e-15)],
    ['log loss of no rows', logLoss([], []), undefined],
    ['Brier of a weighted pair', brier([1, 0], [1, 1], [3, 1]), 1 / 4],
    ['Brier where no row has weight', brier([1], [1], [0]), undefined],
  ])('%s', (_, value, expected) => {
    if (expected === undefined) expect(value).toBeUndefined();
    else expect(value).toBeCloseTo(expected, 12);
  });

  test('nobody called yes: no precision, but recall 0 and F1 0', () => {
    expect(atThreshold([0.1, 0.2], [0, 1], 0.5)).toEqual({ recall: 0, f1: 0 });
  });

  test('a score that is not a number is named', () => {
    expect(() => auc([1, Number.NaN], [0, 1])).toThrow('row 1 is NaN: every row needs a number');
    expect(() => auc([1, 2], [1])).toThrow('2 scores for 1 labels: give one each');
  });
});

interface Case {
  readonly input: Readonly<Record<'label' | 'p' | 'weight', readonly number[]>>;
  readonly expected: Readonly<Record<string, number | null>>;
}

/** sklearn gives 0 where a threshold measure has no denominator. */
const ownMeasures = ({ label, p, weight }: Case['input']): Record<string, number | undefined> => ({
  auc: auc(p, label),
  auc_weighted: auc(p, label, weight),
  logloss: logLoss(p, label),
  logloss_weighted: logLoss(p, label, weight),
  brier: brier(p, label),
  brier_weighted: brier(p, label, weight),
  average_precision: averagePrecision(p, label),
  average_precision_weighted: averagePrecision(p, label, weight),
  ece10_equal_width: reliability(p, label, 10)?.ece,
  precision_at_half: atThreshold(p, label, 0.5).precision ?? 0,
  recall_at_half: atThreshold(p, label, 0.5).recall ?? 0,
  f1_at_half: atThreshold(p, label, 0.5).f1 ?? 0,
});

const FILE = 'vectors/classification_metrics.json';
const cases = readVectors<Case>(FILE);
const sklearn = needsShared(FILE);

describe('as scikit-learn computes them', () => {
  test
    .skipIf(sklearn.absent)
    .each(sklearn.cases('all cases', cases, ({ input }) => `${input.p.length} rows`))(
    'every figure to 1e-6: %s',
    (_, { input, expected }) => {
      const own = ownMeasures(input);
      for (const [name, value] of Object.entries(expected)) {
        expect(Object.keys(own)).toContain(name);
        if (value === null) expect(own[name], name).toBeUndefined();
        else expect(Math.abs(own[name]! - value), name).toBeLessThan(1e-6);
      }
    },
  );
});

describe('of any rows', () => {
  const rows = fc.array(
    fc.record({ score: fc.integer({ min: -5, max: 5 }), label: fc.integer({ min: 0, max: 1 }) }),
    { minLength: 2, maxLength: 40 },
  );

  test('AUC equals the count over all pairs, and no rising transform changes it', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const scores = all.map(({ score }) => score);
        const labels = all.map(({ label }) => label);
        const yes = all.filter(({ label }) => label === 1);
        const no = all.filter(({ label }) => label === 0);
        const wins = yes.flatMap((a) =>
          no.map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)),
        );
        const own = auc(scores, labels);
        expect(own === undefined).toBe(wins.length === 0);
        if (own === undefined) return;
        expect(own).toBeCloseTo(wins.reduce<number>((a, b) => a + b, 0) / wins.length, 12);
        const bent = scores.map((score) => Math.exp(score / 2) - 3);
        expect(auc(bent, labels)).toBeCloseTo(own, 12);
        const turned = scores.map((score) => -score);
        expect(auc(turned, labels)).toBeCloseTo(1 - own, 12);
      }),
      { seed: 3003 },
    );
  });

  test('a row of weight 3 counts as three rows', () => {
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), (all, stream) => {
        const weights = all.map(() => stream.next().value as number);
        const repeated = all.flatMap((row, i) => Array.from({ length: weights[i] }, () => row));
        const of = (list: typeof all) =>
          [
            list.map(({ score }) => 1 / (1 + Math.exp(-score))),
            list.map(({ label }) => label),
          ] as const;
        for (const measure of [auc, averagePrecision, logLoss, brier]) {
          const weighted = measure(...of(all), weights);
          const plain = measure(...of(repeated));
          if (plain === undefined) expect(weighted).toBeUndefined();
          else expect(weighted).toBeCloseTo(plain, 10);
        }
      }),
      { seed: 3004 },
    );
  });
});
