import { describe, expect, it } from 'vitest';
import { calibrateOnline } from '../../../../../backend/science/learn/online/calibration.ts';
import { trainingSetBuilder } from '../../../../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { parseSchema } from '../../../../../shared/features/schema.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../../../../shared/score/scorer.ts';

const baseOf = (training: { objective: 'listwise' | 'pointwise'; position?: 'given' }) =>
  additiveFromPoints(
    parseSchema({
      name: 'kinds',
      columns: [{ name: 'kind', type: 'number' }],
      features: [{ name: 'kind', kind: 'quantile', column: 'kind', edges: [2] }],
      rules: {},
      training: { ...training, reward: { click: 1 } },
    }),
    {},
    { version: RULES_VERSION, name: 'rules' },
  );

const SLATES = 100;

/** As many slates of alike items, of which each slot was clicked so many times, never two of a slate. */
function setOf(clicked: readonly number[], propensity: number, reward = 1) {
  const set = trainingSetBuilder(1, SLATES * clicked.length);
  for (let slate = 0; slate < SLATES; slate++) {
    let below = 0;
    set.add({
      at: slate,
      sessionId: `s${slate}`,
      codes: new Uint8Array(clicked.length).fill(1),
      reward: Float64Array.from(clicked, (count) => {
        const isClicked = slate >= below && slate < below + count;
        below += count;
        return isClicked ? reward : 0;
      }),
      propensities: new Float64Array(clicked.length).fill(propensity),
    });
  }
  return set.finish();
}

const logit = (p: number) => Math.log(p / (1 - p));

describe('what the log tells beside weights', () => {
  it('are the log-odds of each slot, with half a reward and half a miss, and how well they are known', () => {
    const found = calibrateOnline(setOf([30, 10], 0.5), baseOf({ objective: 'pointwise' }));
    expect(found.slots[1]).toBeCloseTo(logit(30.5 / 101), 6);
    expect(found.slots[2]).toBeCloseTo(logit(10.5 / 101), 6);
    expect(found.slotPrecision.slice(0, 4)).toEqual([1, 1 + 30 * (1 / 4), 1 + 10 * (3 / 4), 1]);
    expect(found).toMatchObject({ intercept: 0, evidence: 1, meanReward: 1, aloneWeight: 0 });
  });

  it('are none of slots where the position is a feature: then all have one intercept', () => {
    const base = baseOf({ objective: 'pointwise', position: 'given' });
    const found = calibrateOnline(setOf([30, 10], 0.5), base);
    expect(found).toMatchObject({ slots: [], slotPrecision: [] });
    expect(found.intercept).toBeCloseTo(logit(40.5 / 201), 6);
  });

  it('are by comparison where slates are, and a reward of ten says once what was preferred', () => {
    const found = calibrateOnline(setOf([30, 10], 0.5, 10), baseOf({ objective: 'listwise' }));
    expect(found.slots[1] - found.slots[2]).toBeCloseTo(Math.log(30 / 10), 6);
    expect(found).toMatchObject({ evidence: 10, meanReward: 10, aloneWeight: 0 });
    expect(found.slotPrecision[1]).toBeCloseTo(1 + 30 / 4, 9);
  });

  it('and each item of a slate that was clicked says so', () => {
    const set = trainingSetBuilder(1, 3 * SLATES);
    for (let slate = 0; slate < SLATES; slate++)
      set.add({
        at: slate,
        sessionId: `s${slate}`,
        codes: Uint8Array.of(1, 2, 1),
        reward: Float64Array.of(2, 2, slate % 2 === 0 ? 2 : 0),
        propensities: new Float64Array(3).fill(0.5),
      });
    const found = calibrateOnline(set.finish(), baseOf({ objective: 'listwise' }));
    expect(found).toMatchObject({ evidence: 2, meanReward: 5 });
  });

  it.each([
    { propensity: 0.5, aloneWeight: 1 / 2, forcedTeaches: false },
    { propensity: 0.01, aloneWeight: 1 / 5, forcedTeaches: false },
    { propensity: 1, aloneWeight: 1, forcedTeaches: true },
  ])(
    'are what slates of one earn, and what each weighs: $propensity',
    ({ propensity, ...what }) => {
      const found = calibrateOnline(setOf([30], propensity), baseOf({ objective: 'listwise' }));
      expect(found).toMatchObject({ ...what, interceptPrecision: 1 + SLATES / 4 });
      expect(found.intercept).toBeCloseTo(logit(30.5 / 101), 6);
    },
  );
});

describe('of points that hardly predict', () => {
  /** Pairs of items of which the better by points, which are so many apart, is clicked in a share of 100. */
  const slopeOf = (apart: number, better: number, made: Partial<AdditiveScorer> = {}) => {
    const base = baseOf({ objective: 'listwise' });
    const set = trainingSetBuilder(1, 2 * SLATES);
    for (let slate = 0; slate < SLATES; slate++)
      set.add({
        at: slate,
        sessionId: `s${slate}`,
        codes: Uint8Array.of(1, 2),
        reward: slate < better ? Float64Array.of(0, 1) : Float64Array.of(1, 0),
        propensities: new Float64Array(2).fill(0.5),
      });
    const { schema } = base;
    const points = { kind: [0, 0, apart] };
    const about = { version: RULES_VERSION, name: 'rules' };
    const scorer = { ...additiveFromPoints(schema, points, about), ...made };
    return calibrateOnline(set.finish(), scorer).slope;
  };

  it.each([54, 50, 20])(
    'a log-odds is no more points than they are apart, of %s clicks in 100',
    (better) => {
      expect(slopeOf(200, better)).toBeGreaterThanOrEqual(1 / 100);
      expect(slopeOf(2000, better)).toBeGreaterThanOrEqual(1 / 1000);
      // Nor more than those of which a log-odds is made in training, however close together they are.
      expect(slopeOf(10, better)).toBeGreaterThanOrEqual(0.05);
    },
  );

  it('the slope of what a training made is that which it was made in, whatever the log says', () => {
    const made = { parent: RULES_VERSION, calibration: { intercept: -1, slope: 0.03 } };
    for (const better of [95, 54, 20]) expect(slopeOf(200, better, made)).toBe(0.05);
    // Weights given by hand have a parent as well.
    expect(slopeOf(200, 95, { parent: RULES_VERSION })).toBeCloseTo(logit(0.95) / 200, 3);
  });

  it('the slope is as measured where they predict', () => {
    expect(slopeOf(200, 95)).toBeCloseTo(logit(0.95) / 200, 3);
    expect(slopeOf(2000, 95)).toBeCloseTo(logit(0.95) / 2000, 4);
  });
});
