import { expect, test } from 'vitest';
import {
  limitInfluence,
  type InfluenceLimits,
} from '../../../../backend/science/learn/limit-influence.ts';
import {
  packTrainingSet,
  slateCount,
  type TrainingSet,
} from '../../../../backend/science/learn/training-set.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { agreeingSchema } from '../../../world/agreeing.ts';

const schema = agreeingSchema();
/** All of its points are 0, so that each of two items has a chance of one half. */
const base = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'nothing' });
/** Higher than anything here reaches. */
const WIDE: InfluenceLimits = {
  rankingsPerPerson: 100,
  rewardOverMean: 100,
  itemRise: null,
  itemShare: 1,
};

/** A ranking of two items, and what each of them earned. */
interface Ranking {
  readonly session: string;
  readonly user?: number;
  readonly items?: readonly [number, number];
  readonly earned: readonly [number, number];
}

function limited(rankings: readonly Ranking[], limits: Partial<InfluenceLimits>) {
  const whole = packTrainingSet(
    schema,
    rankings.map(({ session, earned }, at) => ({
      at,
      sessionId: session,
      codes: new Uint8Array(2 * schema.features.length).fill(1),
      reward: Float64Array.from(earned),
    })),
  );
  const before = Float64Array.from(whole.reward);
  const names = [...new Set(rankings.map(({ session }) => session))];
  const provenance = {
    session: Uint32Array.from(rankings, ({ session }) => names.indexOf(session)),
    user: Int32Array.from(rankings, ({ user = -1 }) => user),
    item: Uint32Array.from(rankings.flatMap(({ items = [0, 1] }) => items)),
  };
  const found = limitInfluence(whole, provenance, base, { ...WIDE, ...limits });
  expect(whole.reward).toEqual(before);
  return found;
}

const rewards = ({ reward }: TrainingSet) => Array.from(reward);
const repeat = (count: number, of: (i: number) => Ranking) =>
  Array.from({ length: count }, (_, i) => of(i));

test('of a session the first rankings with a reward count, and as many without', () => {
  const { set, overPerson } = limited(
    [
      ...repeat(3, () => ({ session: 'a', earned: [1, 0] })),
      ...repeat(3, () => ({ session: 'a', earned: [0, 0] })),
      { session: 'b', earned: [1, 0] },
    ],
    { rankingsPerPerson: 2 },
  );
  expect(Array.from(set.at)).toEqual([0, 1, 3, 4, 6]);
  expect(overPerson).toBe(2);
});

test('sessions of one user count as one person', () => {
  const { set } = limited(
    repeat(4, (i) => ({ session: `s${i}`, user: 7, earned: [1, 0] })),
    { rankingsPerPerson: 3 },
  );
  expect(Array.from(set.at)).toEqual([0, 1, 2]);
});

test('a large reward is lowered to the limit times the mean of all rewards', () => {
  const { set, clipped } = limited(
    [1, 1, 1, 13].map((value, i) => ({ session: `s${i}`, earned: [value, 0] })),
    { rewardOverMean: 2 },
  );
  expect(rewards(set)).toEqual([1, 0, 1, 0, 1, 0, 8, 0]);
  expect(clipped).toBe(1);
});

test('where items are not limited, a person who comes back to an item counts each time', () => {
  const found = limited(
    repeat(5, () => ({ session: 'a', earned: [1, 0] })),
    {},
  );
  expect(slateCount(found.set)).toBe(5);
  expect(found).toMatchObject({ repeated: 0, overItem: 0, itemsOver: 0 });
});

test('of an item over its limit a person counts once, and of others each time', () => {
  const rankings = [
    ...repeat(7, () => ({ session: 'a', items: [0, 1], earned: [1, 0] })),
    ...repeat(30, (i) => ({ session: `b${i}`, items: [2, 3], earned: i % 2 ? [1, 0] : [0, 1] })),
    ...repeat(4, () => ({ session: 'c', items: [2, 3], earned: [1, 0] })),
  ] satisfies Ranking[];
  const { set, repeated } = limited(rankings, { itemRise: 1.5 });
  expect(Array.from(set.at).filter((at) => at < 7)).toEqual([0]);
  expect(Array.from(set.at).filter((at) => at >= 37)).toHaveLength(4);
  expect(repeated).toBe(6);
});

test('many rankings of one person do not move the mean reward', () => {
  const honest = repeat(40, (i) => ({ session: `s${i}`, items: [0, 1], earned: [1, 0] }));
  const forged = repeat(90, () => ({ session: 'a', items: [0, 1], earned: [100, 0] as const }));
  const { set } = limited([...honest, ...forged], { rewardOverMean: 2 });
  expect(Math.max(...set.reward)).toBeCloseTo((2 * (40 + 100)) / 41, 10);
});

test('of an item as many rewards count as keep what speaks for it within its limit, evenly spread', () => {
  const rankings = [
    // For item 0 speaks 40 · ½, against it 20 · ½; for item 2 as much as against it.
    ...repeat(40, (i) => ({ session: `a${i}`, items: [0, 1], earned: [1, 0] })),
    ...repeat(20, (i) => ({ session: `b${i}`, items: [0, 2], earned: [0, 1] })),
    ...repeat(20, (i) => ({ session: `c${i}`, items: [2, 1], earned: [0, 1] })),
  ] satisfies Ranking[];
  const { set, overItem, itemsOver } = limited(rankings, { itemRise: 1.5 });
  expect({ overItem, itemsOver }).toEqual({ overItem: 10, itemsOver: 1 });
  const ofItem0 = Array.from(set.at).filter((at) => at < 40);
  expect(ofItem0).toHaveLength(30);
  expect(ofItem0.filter((at) => at < 20)).toHaveLength(15);
});

test('what speaks for an item exceeds what speaks against it by at most its share of all rewards', () => {
  const rankings = [
    ...repeat(40, (i) => ({ session: `a${i}`, items: [0, 1], earned: [1, 0] })),
    ...repeat(10, (i) => ({ session: `b${i}`, items: [0, 2], earned: [0, 1] })),
    ...repeat(50, (i) => ({ session: `c${i}`, items: [2, 1], earned: [0, 1] })),
  ] satisfies Ranking[];
  // Against item 0 speaks 10 · ½, so that 5 + 0.1 · 100 may for it: 30 rewards of ½.
  const { overItem, itemsOver } = limited(rankings, { itemRise: 1000, itemShare: 0.1 });
  expect({ overItem, itemsOver }).toEqual({ overItem: 10, itemsOver: 1 });
});

test('a few rewards of an item that nothing speaks against always count', () => {
  const rankings = repeat(10, (i) => ({ session: `s${i}`, earned: [1, 0] as const }));
  const { set } = limited(rankings, { itemRise: 1.25 });
  // Three times the mean reward may speak for it: six rewards of ½.
  expect(slateCount(set)).toBe(6);
});

test('without any reward nothing is limited', () => {
  const rankings = repeat(4, (i) => ({ session: `s${i}`, earned: [0, 0] as const }));
  expect(slateCount(limited(rankings, { itemRise: 1.25 }).set)).toBe(4);
});

/** One of two items is shown by chance, to one person each. */
function ofOne(rankings: readonly { item: number; earned: number }[]) {
  const set = packTrainingSet(
    schema,
    rankings.map(({ earned }, at) => ({
      at,
      sessionId: `s${at}`,
      codes: new Uint8Array(schema.features.length).fill(1),
      reward: Float64Array.of(earned),
      propensities: Float64Array.of(0.5),
    })),
  );
  const provenance = {
    session: Uint32Array.from(rankings, (_, at) => at),
    user: new Int32Array(rankings.length).fill(-1),
    item: Uint32Array.from(rankings, ({ item }) => item),
  };
  return limitInfluence(set, provenance, base, { ...WIDE, itemRise: 1.25, itemShare: 1 });
}

test('where one item is shown and mostly nothing is clicked, an item rises no further than its features say', () => {
  const honest = Array.from({ length: 1000 }, (_, i) => ({
    item: i % 2,
    earned: Number(i % 20 < 2),
  }));
  expect(ofOne(honest)).toMatchObject({ overItem: 0, itemsOver: 0 });
  const forged = Array.from({ length: 100 }, () => ({ item: 1, earned: 1 }));
  const { set, overItem, itemsOver } = ofOne([...honest, ...forged]);
  expect(itemsOver).toBe(1);
  // Features are all the same: 200 of 1,100 are clicked, and 450 of the item's own are not.
  const chance = 200 / 1100;
  const kept = (150 - overItem) * (1 - chance);
  expect(kept).toBeLessThanOrEqual(1.25 * 450 * chance + 1);
  expect(kept).toBeGreaterThan(1.25 * 450 * chance - 2);
  // Slates that lost their reward are gone, and none of those without one.
  expect(set.rows).toBe(1100 - overItem);
});

test('where several items of a ranking are wanted, each speaks against the others', () => {
  // Both are always clicked, as their features say: one is as likely as the other.
  const both = repeat(200, (i) => ({ session: `s${i}`, earned: [1, 1] }));
  expect(limited(both, { itemRise: 1.25, itemShare: 0.01 })).toMatchObject({
    overItem: 0,
    itemsOver: 0,
  });
  // Where some do not click the second, the first is over its limit still.
  const most = repeat(200, (i) => ({ session: `s${i}`, earned: [1, i % 4 === 0 ? 1 : 0] }));
  expect(limited(most, { itemRise: 1.25, itemShare: 0.01 })).toMatchObject({ itemsOver: 1 });
});
