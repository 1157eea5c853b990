import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interleave, type InterleavedSlot } from '../../../shared/explore/interleave.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { fuzz, SEED } from '../support/seed.ts';

type Lists = readonly [readonly number[], readonly number[]];

/** Every draft there is: one per sequence of coins, all equally likely. */
function everyDraft(lists: Lists, size: number): InterleavedSlot<number>[][] {
  const rounds = Math.ceil(Math.min(size, lists[0].length, lists[1].length) / 2);
  return Array.from({ length: 2 ** rounds }, (_, coins) => {
    let round = 0;
    return interleave(lists, size, () => ((coins >> round++) & 1) / 2);
  });
}

/** Of all drafts that begin as this one does, the share that goes on with the same item. */
function shareThatGoesOn(
  drafts: InterleavedSlot<number>[][],
  draft: InterleavedSlot<number>[],
  slot: number,
) {
  const same = (until: number) =>
    drafts.filter((other) => other.slice(0, until).every(({ item }, i) => item === draft[i].item));
  return same(slot + 1).length / same(slot).length;
}

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

describe(`a team draft (seed ${SEED})`, () => {
  it('has in each slot the exact probability of its item, given the items above', () => {
    fuzz(drafts, ({ lists, size }) => {
      const all = everyDraft(lists, size);
      for (const draft of all)
        draft.forEach(({ propensity }, slot) =>
          expect(propensity).toBe(shareThatGoesOn(all, draft, slot)),
        );
    });
  });

  it('is the one that the paper describes', () => {
    fuzz(drafts, ({ lists, size, seed }) => {
      const [fast, slow] = [interleave, slowDraft].map((draft) =>
        draft(lists, size, seededRandom(seed)).map(({ item, team }) => ({ item, team })),
      );
      // The paper tosses a coin wherever teams are even, this one before each round: the same tosses.
      expect(fast).toEqual(slow);
    });
  });

  it('gives both teams as many slots, but for a last odd one', () => {
    fuzz(drafts, ({ lists, size, seed }) => {
      const slate = interleave(lists, size, seededRandom(seed));
      const second = slate.filter(({ team }) => team === 1).length;
      expect(Math.abs(slate.length - 2 * second)).toBe(slate.length % 2);
      expect(new Set(slate.map(({ item }) => item)).size).toBe(Math.min(size, lists[0].length));
    });
  });

  it('leaves nothing to chance where the lists agree, and everything to the first slot of a round where not', () => {
    const agree = interleave(
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      3,
      () => 0.9,
    );
    expect(agree.map(({ item, propensity }) => [item, propensity])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    const differ = interleave(
      [
        [1, 2],
        [2, 1],
      ],
      2,
      () => 0.9,
    );
    expect(differ).toEqual([
      { item: 2, team: 1, propensity: 0.5 },
      { item: 1, team: 0, propensity: 1 },
    ]);
    const later = interleave(
      [
        [1, 2, 3],
        [1, 3, 2],
      ],
      2,
      () => 0,
    );
    expect(later).toEqual([
      { item: 1, team: 0, propensity: 1 },
      { item: 3, team: 1, propensity: 0.5 },
    ]);
  });

  it('asks for one random number per round', () => {
    let asked = 0;
    interleave(
      [
        [1, 2, 3, 4, 5],
        [5, 4, 3, 2, 1],
      ],
      5,
      () => {
        asked++;
        return 0;
      },
    );
    expect(asked).toBe(3);
  });

  it('of no items is empty', () => {
    expect(interleave([[], []], 5, () => expect.unreachable('a coin was tossed'))).toEqual([]);
  });

  it('by rankers of equal merit credits neither: 10,000 drafts, clicks on one slot at random', () => {
    const random = seededRandom(11);
    let second = 0;
    for (let i = 0; i < 10_000; i++) {
      const lists: Lists = [
        [1, 2, 3, 4],
        [4, 3, 2, 1],
      ];
      const slate = interleave(lists, 4, random);
      second += slate[Math.floor(4 * random())].team;
    }
    // 4 standard deviations of 10,000 fair coins.
    expect(Math.abs(second - 5000)).toBeLessThan(200);
  });
});
