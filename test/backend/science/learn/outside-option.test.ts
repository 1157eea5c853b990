import { expect, test } from 'vitest';
import { listwiseLoss, pointwiseLoss } from '../../../../backend/science/learn/loss.ts';
import {
  outsideShares,
  setIntercept,
  withOutsideOption,
} from '../../../../backend/science/learn/outside-option.ts';
import { packTrainingSet } from '../../../../backend/science/learn/training-set.ts';
import { STRIDE } from '../../../../shared/score/scorer.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { agreeingSchema } from '../../../world/agreeing.ts';

const schema = agreeingSchema();
const slate = (earned: readonly number[], propensities: readonly number[]) => ({
  at: 0,
  sessionId: 'one',
  codes: new Uint8Array(earned.length * schema.features.length),
  reward: Float64Array.from(earned),
  propensities: Float64Array.from(propensities),
});
const setOf = (...slates: ReturnType<typeof slate>[]) => packTrainingSet(schema, slates);

test('what is shown seldom weighs more, up to five times, and what is shown without a choice nothing', () => {
  const shares = outsideShares(
    setOf(slate([1], [0.5]), slate([0], [0.01]), slate([0], [1]), slate([0, 0], [0.5, 1])),
  )!;
  expect(shares[1] / shares[0]).toBeCloseTo(2.5);
  expect(shares[0] + shares[1]).toBeCloseTo(2);
  expect([shares[2], shares[3]]).toEqual([0, 0]);
});

test('where nothing is ever left to chance, all slates of one teach, unless there are longer ones', () => {
  const forced = [slate([1], [1]), slate([0], [1])];
  expect(Array.from(outsideShares(setOf(...forced))!)).toEqual([1, 1]);
  expect(outsideShares(setOf(...forced, slate([0, 1], [1, 1])))).toBeUndefined();
});

test('a set without slates of one, or in which all of them are clicked, stays as it is', () => {
  for (const set of [setOf(slate([0, 1], [0.5, 1])), setOf(slate([1], [0.5]), slate([2], [0.5]))])
    expect(withOutsideOption(set)).toBe(set);
});

test('of slates of one the loss is the logistic loss, with a slate without reward weighing as the mean of those with one', () => {
  const random = seededRandom(1);
  const set = withOutsideOption(
    setOf(...Array.from({ length: 50 }, () => slate([random() < 0.3 ? 1 : 0], [0.25]))),
  );
  const scores = Float64Array.from({ length: 50 }, () => 6 * random() - 3);
  const [listwise, pointwise] = [listwiseLoss, pointwiseLoss].map((loss) => {
    const [gradient, hessian] = [new Float64Array(50), new Float64Array(50)];
    return [loss(set, scores, gradient, hessian), ...gradient, ...hessian];
  });
  listwise.forEach((value, i) => expect(value).toBeCloseTo(pointwise[i], 10));
});

test('with the weight of the reward the loss of a longer slate is that of a multinomial logit with an outside option', () => {
  const scores = Float64Array.of(0.3, -1, 2);
  const all = 1 + scores.reduce((sum, score) => sum + Math.exp(score), 0);
  const lossOf = (reward: readonly number[]) => {
    const set = { rows: 3, starts: Uint32Array.of(0, 3), reward: Float64Array.from(reward) };
    const gradient = new Float64Array(3);
    const outside = Float32Array.of(2);
    return [listwiseLoss({ ...set, outside }, scores, gradient, new Float64Array(3)), ...gradient];
  };
  const chances = scores.map((score) => Math.exp(score) / all);
  const clicked = [-2 * Math.log(chances[1]), 2 * chances[0], 2 * chances[1] - 2, 2 * chances[2]];
  lossOf([0, 2, 0]).forEach((value, i) => expect(value).toBeCloseTo(clicked[i], 10));
  const nothing = [2 * Math.log(all), ...Array.from(chances, (chance) => 2 * chance)];
  lossOf([0, 0, 0]).forEach((value, i) => expect(value).toBeCloseTo(nothing[i], 10));
});

test('the intercept is where as many rewards are expected as there were', () => {
  const set = withOutsideOption(
    setOf(...Array.from({ length: 1000 }, (_, i) => slate([Number(i % 10 === 0)], [0.5]))),
  );
  const weights = new Float64Array(set.features * STRIDE);
  setIntercept(set, weights);
  expect(weights[(set.features - 1) * STRIDE + 1]).toBeCloseTo(Math.log(0.1 / 0.9), 1);
});
