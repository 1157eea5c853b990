import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interleave, type InterleavedSlot, type Team } from '../../../shared/explore/interleave.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { drawSlate } from '../../../shared/explore/slate.ts';
import { bestOfBoth } from '../../oracle/best-of-both.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { fuzz, SEED } from '../support/seed.ts';

type Lists = readonly [readonly number[], readonly number[]];
type Teams = readonly [Team<number>, Team<number>];

const teamOf = (
  items: readonly number[],
  points: readonly number[] = items.map((_, i) => -i),
  exploration = { temperature: 0, epsilon: 0 },
  first: readonly number[] = [],
): Team<number> => ({ items, points, exploration, first });
/** Teams that pick the best of their lists, without exploration. */
const sure = ([first, second]: Lists): Teams => [teamOf(first), teamOf(second)];

/** Algorithm 2 of the paper, word for word, on sets; the teams only. */
function slowDraft(lists: Lists, size: number, random: () => number) {
  const slate: number[] = [];
  const teams: [Set<number>, Set<number>] = [new Set(), new Set()];
  const isLeft = (list: readonly number[]) => list.some((item) => !slate.includes(item));
  while (isLeft(lists[0]) && isLeft(lists[1]) && slate.length < size) {
    const isFirst =
      teams[0].size < teams[1].size || (teams[0].size === teams[1].size && random() < 0.5);
    const team = isFirst ? 0 : 1;
    const top = lists[team].find((item) => !slate.includes(item))!;
    slate.push(top);
    teams[team].add(top);
  }
  return slate.map((item) => ({ item, team: teams[0].has(item) ? 0 : 1 }));
}

/** How likely this team alone would put each item on the next slot, by definition. */
function ownChances(
  { items, points, exploration, first = [] }: Team<number>,
  shown: readonly number[],
): (readonly [number, number])[] {
  if (shown.length < first.length) return [[first.find((item) => !shown.includes(item))!, 1]];
  const left = [...items.keys()].filter((index) => !shown.includes(items[index]));
  return left.map(
    (index) => [items[index], slotProbability(points, left, index, exploration)] as const,
  );
}

/** The probability of every slate there is: the sum over all coins and all picks that lead to it. */
function everySlate(teams: Teams, size: number): Map<string, number> {
  const length = Math.min(size, ...teams.map(({ items }) => items.length));
  const found = new Map<string, number>();
  const pick = (shown: readonly number[], team: number, chance: number): void => {
    for (const [item, own] of ownChances(teams[team], shown)) {
      const slate = [...shown, item];
      if (own === 0) continue;
      if (slate.length === length)
        found.set(slate.join(), (found.get(slate.join()) ?? 0) + chance * own);
      else if (slate.length % 2 === 1) pick(slate, 1 - team, chance * own);
      else for (const first of [0, 1]) pick(slate, first, (chance * own) / 2);
    }
  };
  for (const first of [0, 1]) pick([], first, 1 / 2);
  return found;
}

const itemsOf = (slate: readonly InterleavedSlot<number>[]) => slate.map(({ item }) => item);
const probabilityOf = (slate: readonly InterleavedSlot<number>[]) =>
  slate.reduce((product, { propensity }) => product * propensity, 1);

const orders = fc
  .integer({ min: 1, max: 7 })
  .chain((n) =>
    fc.tuple(
      ...[0, 1].map(() =>
        fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }),
      ),
    ),
  ) as fc.Arbitrary<[number[], number[]]>;
const drafts = fc.record({
  lists: orders,
  size: fc.integer({ min: 1, max: 8 }),
  seed: fc.integer(),
});

/** Pools that share some items, with explorations of their own. */
const teams = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 }).chain((items) =>
  fc
    .tuple(
      fc.array(fc.double({ min: -20, max: 20, noNaN: true }), {
        minLength: items.length,
        maxLength: items.length,
      }),
      fc.constantFrom(0, 0.5, 3, 50),
      fc.constantFrom(0, 0.02, 0.5, 1),
      fc.oneof(fc.constant([]), fc.shuffledSubarray(items)),
    )
    .map(([points, temperature, epsilon, first]) =>
      teamOf(
        items,
        points.toSorted((a, b) => b - a),
        { temperature, epsilon },
        first,
      ),
    ),
);
const exploring = fc.record({
  both: fc.tuple(teams, teams),
  size: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer(),
});

describe(`a team draft (seed ${SEED})`, () => {
  it('of teams that explore is as likely as its propensities say, over all coins and picks', () => {
    fuzz(exploring, ({ both, size, seed }) => {
      const every = everySlate(both, size);
      const random = seededRandom(seed);
      for (let i = 0; i < 10; i++) {
        const slate = interleave(both, size, random);
        const expected = every.get(itemsOf(slate).join())!;
        expect(Math.abs(probabilityOf(slate) / expected - 1)).toBeLessThan(1e-9);
        for (const { propensity } of slate) {
          expect(propensity).toBeGreaterThan(0);
          expect(propensity).toBeLessThanOrEqual(1);
        }
      }
    });
  });

  it('shows what only one team has only by that team, and what neither has never', () => {
    fuzz(exploring, ({ both, size, seed }) => {
      const slate = interleave(both, size, seededRandom(seed));
      for (const { item, team } of slate) expect(both[team === 1 ? 1 : 0].items).toContain(item);
      const shortest = Math.min(size, ...both.map(({ items }) => items.length));
      expect(new Set(itemsOf(slate)).size).toBe(shortest);
      const second = slate.filter(({ team }) => team === 1).length;
      expect(Math.abs(slate.length - 2 * second)).toBe(slate.length % 2);
    });
  });

  it('without exploration is what was drafted before teams explored, to the bit', () => {
    fuzz(drafts, ({ lists, size, seed }) => {
      const slate = interleave(sure(lists), size, seededRandom(seed));
      const before = bestOfBoth(lists, size, seededRandom(seed));
      expect(slate.map(({ item, team, propensity }) => ({ item, team, propensity }))).toEqual(
        before,
      );
      // Where one list had another order, chance had a part in the slate, and nowhere else.
      expect(slate.some(({ differs }) => differs)).toBe(
        before.some(({ propensity }) => propensity < 1),
      );
    });
  });

  it('without exploration is the one that the paper describes', () => {
    fuzz(drafts, ({ lists, size, seed }) => {
      const fast = interleave(sure(lists), size, seededRandom(seed));
      // The paper tosses a coin wherever teams are even, this one before each round: the same tosses.
      expect(fast.map(({ item, team }) => ({ item, team }))).toEqual(
        slowDraft(lists, size, seededRandom(seed)),
      );
    });
  });

  it('differs where the other team, from the same number, would have put another item on a slot', () => {
    fuzz(exploring, ({ both, seed }) => {
      const random = seededRandom(seed);
      const [coin, number] = [random(), random()];
      const [slot] = interleave(both, 1, seededRandom(seed));
      const [own, other] = both.map(({ items, points, exploration, first = [] }) => {
        if (first.length > 0) return first[0];
        const [{ index }] = drawSlate(points, 1, exploration, () => number);
        return items[index];
      });
      expect(slot.item).toBe(coin < 0.5 ? own : other);
      expect(slot.differs).toBe(own !== other);
    });
  });

  it('never differs between teams of one distribution, though they explore', () => {
    let chance = 0;
    fuzz(exploring, ({ both: [team], size, seed }) => {
      // All of it higher by the same is the same distribution.
      const shifted = { ...team, points: team.points.map((value) => Math.round(value) + 64) };
      const whole = { ...team, points: team.points.map((value) => Math.round(value)) };
      const slate = interleave([whole, shifted], size, seededRandom(seed));
      expect(slate.map(({ differs }) => differs)).toEqual(slate.map(() => false));
      chance += Number(slate.some(({ propensity }) => propensity < 1));
    });
    expect(chance).toBeGreaterThan(0);
  });

  it('leaves nothing to chance where the lists agree, and everything to the first slot of a round where not', () => {
    const draft = (lists: Lists, size: number, coin: number) =>
      interleave(sure(lists), size, () => coin);
    const agree = draft(
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      3,
      0.9,
    );
    expect(agree.map(({ item, propensity }) => [item, propensity])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    const differ = draft(
      [
        [1, 2],
        [2, 1],
      ],
      2,
      0.9,
    );
    expect(differ).toMatchObject([
      { item: 2, team: 1, propensity: 0.5 },
      { item: 1, team: 0, propensity: 1 },
    ]);
    const later = draft(
      [
        [1, 2, 3],
        [1, 3, 2],
      ],
      2,
      0,
    );
    expect(later).toMatchObject([
      { item: 1, team: 0, propensity: 1 },
      { item: 3, team: 1, propensity: 0.5 },
    ]);
  });

  it.each([
    ['and none more without exploration', 0, 3],
    ['and one per slot where a team explores', 0.1, 8],
  ])('asks for one random number per round, %s', (_, epsilon, count) => {
    let asked = 0;
    const bold = teamOf([5, 4, 3, 2, 1], undefined, { temperature: 0, epsilon });
    interleave([teamOf([1, 2, 3, 4, 5]), bold], 5, () => {
      asked++;
      return 0;
    });
    expect(asked).toBe(count);
  });

  it('of no items is empty', () => {
    const none = sure([[], []]);
    expect(interleave(none, 5, () => expect.unreachable('a coin was tossed'))).toEqual([]);
  });

  it('by rankers of equal merit credits neither: 10,000 drafts, clicks on one slot at random', () => {
    const random = seededRandom(11);
    const [own, other] = sure([
      [1, 2, 3, 4],
      [4, 3, 2, 1],
    ]);
    const exploration = { temperature: 2, epsilon: 0.1 };
    for (const both of [
      [own, other],
      [
        { ...own, exploration },
        { ...other, exploration },
      ],
    ] as const) {
      let second = 0;
      for (let i = 0; i < 10_000; i++)
        second += interleave(both, 4, random)[Math.floor(4 * random())].team;
      // 4 standard deviations of 10,000 fair coins.
      expect(Math.abs(second - 5000)).toBeLessThan(200);
    }
  });
});

describe('100,000 seeded drafts of 3 slots by teams that explore in their own ways', () => {
  const both: Teams = [
    teamOf([0, 1, 2, 3], [4, 3, 3, 1], { temperature: 2, epsilon: 0.1 }),
    teamOf([4, 2, 0], [9, 5, 4], { temperature: 6, epsilon: 0 }),
  ];
  const DRAFTS = 100_000;
  const every = everySlate(both, 3);
  const random = seededRandom(7);
  const counts = new Map<string, number>();
  const propensities = new Map<string, number>();
  for (let i = 0; i < DRAFTS; i++) {
    const slate = interleave(both, 3, random);
    const key = itemsOf(slate).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
    propensities.set(key, probabilityOf(slate));
  }

  it('fall as often as their propensities say, each slate that can (chi-square, p > 0.001)', () => {
    expect([...counts.keys()].toSorted()).toEqual([...every.keys()].toSorted());
    const total = [...propensities.values()].reduce((sum, p) => sum + p, 0);
    expect(total).toBeCloseTo(1, 9);
    const chiSquare = [...propensities].reduce((sum, [key, p]) => {
      const expected = DRAFTS * p;
      return sum + (counts.get(key)! - expected) ** 2 / expected;
    }, 0);
    // The 99.9 % quantile of chi-square by Wilson and Hilferty.
    const df = propensities.size - 1;
    const limit = df * (1 - 2 / (9 * df) + 3.09 * Math.sqrt(2 / (9 * df))) ** 3;
    expect(chiSquare).toBeLessThan(limit);
  });
});
