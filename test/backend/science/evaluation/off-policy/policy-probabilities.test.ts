import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusteredMean } from '../../../../../backend/science/statistics/interval.ts';
import {
  firstSlotProbabilities,
  loggedDraw,
  MAX_DEPTH,
  poolProbabilities,
  reorderProbabilities,
} from '../../../../../backend/science/evaluation/off-policy/policy-probabilities.ts';
import {
  crossFitSlates,
  reorderedSlates,
} from '../../../../../backend/science/evaluation/off-policy/reordered-slates.ts';
import { estimateSlates } from '../../../../../backend/science/evaluation/off-policy/slate-estimators.ts';
import { cutSlates } from '../../../../../backend/science/evaluation/off-policy/slates.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { drawSlate } from '../../../../../shared/explore/slate.ts';
import { toPoints, toUnits } from '../../../../../shared/score/scorer.ts';
import { fuzz, SEED } from '../../../../shared/support/seed.ts';
import {
  EVALUATED_EXPLORATION,
  EVALUATED_POINTS,
  expectedClicks,
  logSlates,
  orders,
  slateProbability,
  SLOTS,
  TRUE_POOL_VALUE,
  TRUE_REORDERED_VALUE,
} from '../../../../world/logged-slates.ts';

const pools = fc
  .array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 5, maxLength: 9 })
  .map((points) => points.toSorted((a, b) => b - a));
const explorations = fc.record({
  temperature: fc.constantFrom(3, 8, 50),
  epsilon: fc.constantFrom(0, 0.1, 1),
});
const seeds = fc.integer();

describe(`the probability that a known pool gives a slate (seed ${SEED})`, () => {
  it('is what the draw logs, slot by slot', () => {
    fuzz(fc.record({ points: pools, explore: explorations, seed: seeds }), (given) => {
      const drawn = drawSlate(given.points, 4, given.explore, seededRandom(given.seed));
      const shown = drawn.map(({ index }) => index);
      const found = poolProbabilities(given.points, shown, given.explore);
      drawn.forEach(({ propensity }, slot) => expect(found[slot]).toBeCloseTo(propensity, 12));
    });
  });

  it('at the first slot is found of all items at once', () => {
    fuzz(fc.record({ points: pools, explore: explorations }), ({ points, explore }) => {
      for (const exploration of [explore, { ...explore, temperature: 0 }]) {
        const all = firstSlotProbabilities(points, exploration);
        const each = points.map((_, at) => poolProbabilities(points, [at], exploration)[0]);
        expect([...all]).toEqual(each);
      }
    });
  });

  it.each([
    { slate: 'the best first', shown: [1, 0, 2], finds: [1, 1, 1] },
    { slate: 'another order', shown: [0, 1, 2], finds: [0, 0, 0] },
    { slate: 'an item from outside the pool', shown: [1, -1, 0], finds: [1, 0, 0] },
  ])('at temperature 0 without a floor, $slate: $finds', ({ shown, finds }) => {
    const found = poolProbabilities([2, 3, 1], shown, { temperature: 0, epsilon: 0 });
    expect([...found]).toEqual(finds);
  });
});

describe(`the order of a logged set (seed ${SEED})`, () => {
  it('has the probabilities that enumerating every order of the pool gives, from the log alone', () => {
    const cases = fc.record({ points: pools, explore: explorations, seed: seeds });
    fuzz(cases, ({ points, explore, seed }) => {
      const drawn = drawSlate(points, 4, explore, seededRandom(seed));
      const shown = drawn.map(({ index }) => index);
      const logged = {
        points: shown.map((item) => points[item]),
        propensities: drawn.map(({ propensity }) => propensity),
        exploration: explore,
        competing: points.length,
      };
      const depth = 3;
      const own = [4, 1, 3, 2];
      const order = reorderProbabilities(logged, depth, own, EVALUATED_EXPLORATION);
      if (order.kind === 'refused') return expect.unreachable(order.reason);
      const set = shown.slice(0, depth);
      const every = orders(set, depth).reduce(
        (sum, other) => sum + slateProbability(points, other, explore),
        0,
      );
      const joint = order.pscore.reduce((product, p) => product * p, 1);
      expect(joint).toBeCloseTo(slateProbability(points, set, explore) / every, 9);
      // The first slot on its own: all orders that begin alike.
      const alike = orders(set, depth).filter(([first]) => first === set[0]);
      const first = alike.reduce((sum, other) => sum + slateProbability(points, other, explore), 0);
      expect(order.pscore[0]).toBeCloseTo(first / every, 9);
      expect(order.pscore[depth - 1]).toBeCloseTo(1, 9);
      const evaluated = order.evaluation.reduce((product, p) => product * p, 1);
      expect(evaluated).toBeCloseTo(
        slateProbability(own.slice(0, depth), [0, 1, 2], EVALUATED_EXPLORATION),
        12,
      );
      const [a, b, c, d, e, f] = order.choices;
      [a + b + c, d + e, f].forEach((sum) => expect(sum).toBeCloseTo(1, 12));
      expect([a, d, f]).toEqual([...order.evaluation]);
      return undefined;
    });
  });

  const draw = {
    points: [3, 2, 1],
    propensities: [0.5, 0.4, 0.3],
    exploration: { temperature: 5, epsilon: 0.1 },
    competing: 20,
  };
  it.each([
    {
      log: 'has a floor but not how many items competed',
      logged: { ...draw, competing: undefined },
      says: /an unknown number of items competed for 3 slots: with a floor of 0.1 the number is needed/,
    },
    {
      log: 'was drawn at temperature 0 from a larger pool',
      logged: { ...draw, exploration: { temperature: 0, epsilon: 0.1 } },
      says: /temperature 0: the best of the items not shown is unknown/,
    },
    {
      log: 'has propensities that its scores do not give',
      logged: draw,
      says: /slot 1 was logged with probability 0.5, its score and the pool of 20 give 0\.\d+/,
    },
    {
      log: 'has a propensity of 0',
      logged: { ...draw, propensities: [0.5, 0, 0.3] },
      says: /a logged propensity is 0, not in \(0, 1\]/,
    },
    {
      log: 'is of more slots than have countable orders',
      logged: { ...draw, propensities: Array.from({ length: MAX_DEPTH + 1 }, () => 0.1) },
      says: /13 slots to reorder, at most 12 are possible/,
    },
  ])('is refused where the log $log', ({ logged, says }) => {
    const answer = reorderProbabilities(logged, 20, [1, 2, 3], draw.exploration);
    if (answer.kind !== 'refused') return expect.unreachable('probabilities were given');
    expect(answer.reason).toMatch(says);
    return undefined;
  });

  it.each([
    { log: 'a pool cut from a larger catalogue', items: 500, poolSize: 6, limit: 4 },
    { log: 'fewer candidates than the pool holds', items: 5, poolSize: 50, limit: 4 },
    { log: 'fewer candidates than asked for', items: 3, poolSize: 50, limit: 4 },
  ])('is known from a decision over $log', ({ items, poolSize, limit }) => {
    const exploration = { temperature: 4, epsilon: 0.2, poolSize };
    const units = Array.from({ length: Math.min(items, poolSize) }, (_, i) => toUnits(20 - i));
    const drawn = drawSlate(units.map(toPoints), limit, exploration, seededRandom(SEED));
    const decision = {
      units: drawn.map(({ index }) => units[index]),
      propensities: drawn.map(({ propensity }) => propensity),
      exploration,
      limit,
    };
    const known = loggedDraw(decision, items);
    const order = reorderProbabilities(known, 3, [1, 2, 3, 4], exploration);
    expect(order).toMatchObject({ kind: 'known' });
    const wrong = { ...known, competing: known.competing! + 40 };
    expect(reorderProbabilities(wrong, 3, [1, 2, 3, 4], exploration)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('the log contradicts itself'),
    });
  });

  it('is known at temperature 0 too where the slate shows all that competed', () => {
    const exploration = { temperature: 0, epsilon: 0.3 };
    const points = [3, 2, 1];
    const drawn = drawSlate(points, 3, exploration, seededRandom(SEED));
    const logged = {
      points: drawn.map(({ index }) => points[index]),
      propensities: drawn.map(({ propensity }) => propensity),
      exploration,
      competing: 3,
    };
    const order = reorderProbabilities(logged, 3, points, exploration);
    expect(order).toMatchObject({ kind: 'known' });
    if (order.kind === 'known')
      order.pscore.forEach((p, slot) => expect(p).toBeCloseTo(logged.propensities[slot], 12));
  });
});

describe(`a large simulated log of slates (seed ${SEED})`, () => {
  const rankings = logSlates(20_000, 5);

  it('leads every estimator to what a policy over the whole pool earns', () => {
    const slates = {
      starts: Uint32Array.from({ length: rankings.length + 1 }, (_, s) => s * SLOTS),
      reward: Float64Array.from(rankings.flatMap(({ reward }) => [...(reward as Float64Array)])),
      pscore: Float64Array.from(rankings.flatMap(({ draw }) => draw.propensities)),
      evaluation: Float64Array.from(
        rankings.flatMap(({ context, shown }) => [
          ...poolProbabilities(EVALUATED_POINTS[context], shown, EVALUATED_EXPLORATION),
        ]),
      ),
    };
    for (const estimator of ['sips', 'snsips', 'rips', 'snrips'] as const) {
      const estimate = estimateSlates(estimator, slates);
      if (estimate.kind === 'refused') return expect.unreachable(estimate.reason);
      const width = estimate.value.high - estimate.value.low;
      expect(Math.abs(estimate.value.mean - TRUE_POOL_VALUE), estimator).toBeLessThan(width);
      expect(width, estimator).toBeLessThan(0.1);
    }
    return undefined;
  });

  it('gives Cascade-DR a narrower interval than RIPS, and RIPS than SIPS', () => {
    const slates = reorderedSlates(rankings, SLOTS, EVALUATED_EXPLORATION);
    const asked = { ...slates, model: crossFitSlates(slates) };
    const [sips, rips, dr] = (['sips', 'rips', 'cascade-dr'] as const).map((estimator) => {
      const estimate = estimateSlates(estimator, asked);
      if (estimate.kind === 'refused') throw new Error(estimate.reason);
      expect(Math.abs(estimate.value.mean - TRUE_REORDERED_VALUE)).toBeLessThan(0.02);
      return estimate.value.high - estimate.value.low;
    });
    expect(rips).toBeLessThan(sips);
    expect(dr).toBeLessThan(rips);
  });

  it('says what its first slot earns when it is cut there', () => {
    const slates = reorderedSlates(rankings, SLOTS, EVALUATED_EXPLORATION);
    const cut = cutSlates(slates, 1);
    expect(cut.reward).toHaveLength(rankings.length);
    const estimate = estimateSlates('rips', cut);
    if (estimate.kind === 'refused') return expect.unreachable(estimate.reason);
    const byHand = clusteredMean(
      Float64Array.from(rankings, (_, s) => {
        const row = s * SLOTS;
        return (slates.reward[row] * slates.evaluation[row]) / slates.pscore[row];
      }),
      rankings.map(({ cluster }) => cluster),
    )!;
    expect(estimate.value.mean).toBeCloseTo(byHand.mean, 12);
    expect(estimate.value.high).toBeCloseTo(byHand.high, 12);
    return undefined;
  });

  it('was simulated rightly: slates earn what the chain of reading on says', () => {
    const earned = rankings.reduce(
      (sum, { reward }) => sum + Array.from(reward).reduce((a, b) => a + b, 0),
      0,
    );
    const expected = rankings.reduce(
      (sum, { context, shown }) => sum + expectedClicks(context, shown),
      0,
    );
    expect(Math.abs(earned / expected - 1)).toBeLessThan(0.02);
  });
});
