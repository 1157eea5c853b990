import { expect, test } from 'vitest';
import {
  armEffects,
  type ArmEffects,
} from '../../../../backend/science/metric-weighting/arm-effects.ts';
import { normals } from '../../../../backend/science/metric-weighting/draws.ts';
import { learnSurrogate } from '../../../../backend/science/metric-weighting/learn-surrogate.ts';
import type { UnitTable } from '../../../../backend/science/metric-weighting/unit-table.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { binomialBounds } from '../../../support/binomial-bounds.ts';
import { sized } from '../../../support/size.ts';
import { numbers } from './support/simulate.ts';

/** The treatment moves clicks by 0.2 and, through them alone, the value by 0.1; saves go with clicks. */
function inArms(seed: number, units: number): UnitTable {
  const random = seededRandom(seed);
  const of = Uint16Array.from({ length: units }, () => (random() < 0.5 ? 1 : 0));
  const clicks = normals(random, units).map((value, i) => value + 0.2 * of[i]);
  const saves = normals(random, units).map((value, i) => value + 0.7 * clicks[i]);
  const value = normals(random, units).map((noise, i) => 0.5 * clicks[i] + noise);
  return {
    units,
    metrics: [numbers('clicks', clicks), numbers('saves', saves)],
    context: [],
    target: numbers('value', value),
    arms: { names: ['control', 'treatment'], of },
  };
}

const only = (table: UnitTable, learned: Awaited<ReturnType<typeof learnSurrogate>>) => {
  const [answer] = armEffects(table, learned);
  return answer as ArmEffects;
};

const SEEDS = sized({ small: 20, full: 60 });

test(`the predicted effect covers the true one at the stated rate, and is surer than the observed one (${SEEDS} seeds)`, async () => {
  let [covered, narrower] = [0, 0];
  for (let seed = 0; seed < SEEDS; seed++) {
    const table = inArms(seed, 2400);
    const { predicted, observed, targetDeviation } = only(
      table,
      await learnSurrogate(table, [], { seed }),
    );
    const truth = 0.1 / targetDeviation;
    covered += predicted.low <= truth && truth <= predicted.high ? 1 : 0;
    narrower += predicted.high - predicted.low < observed!.high - observed!.low ? 1 : 0;
  }
  expect(covered).toBeGreaterThanOrEqual(binomialBounds(SEEDS, 0.95).least);
  expect(narrower).toBe(SEEDS);
});

test('the variance is that of the weighted sum of each unit, plus what the weights leave open', async () => {
  const table = inArms(1, 3000);
  const learned = await learnSurrogate(table, [], { seed: 1 });
  const sure = { ...learned, covariance: learned.covariance.map(() => 0) };
  const { predicted, effects } = only(table, sure);
  const [clicks, saves] = learned.weights;
  const summed = table.metrics[0].values.map(
    (value, unit) =>
      (clicks.weight * value) / learned.normalisers.clicks.deviation +
      (saves.weight * table.metrics[1].values[unit]) / learned.normalisers.saves.deviation,
  );
  const of = (arm: number) => Array.from(summed).filter((_, unit) => table.arms!.of[unit] === arm);
  const [control, treatment] = [of(0), of(1)];
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const squared = (values: number[]) =>
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) /
    (values.length - 1) /
    values.length;
  expect(predicted.mean).toBeCloseTo(mean(treatment) - mean(control), 10);
  const error = Math.sqrt(squared(control) + squared(treatment));
  expect(predicted.high - predicted.low).toBeCloseTo(2 * 1.959963984540054 * error, 10);
  const whole = only(table, learned).predicted;
  expect(whole.high - whole.low).toBeGreaterThan(predicted.high - predicted.low);
  expect(effects.map(({ metric }) => metric)).toEqual(['clicks', 'saves']);
});

test('an arm of fewer than 1,000 units has no answer, and no arms have none', async () => {
  const table = inArms(1, 1500);
  const learned = await learnSurrogate(table, [], { seed: 1 });
  expect(armEffects(table, learned)).toMatchObject([{ kind: 'no-answer', arm: 'treatment' }]);
  const { arms: _, ...without } = table;
  expect(armEffects(without, learned)).toEqual([]);
});
