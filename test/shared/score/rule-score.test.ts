import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { codesOf, encodeRequest } from '../../../shared/features/encode.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, scoreCodes, toPoints } from '../../../shared/score/scorer.ts';
import { mayBeShown, ruleScore, type Trip, type Wishes } from '../../oracle/rule-score.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;
const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});

/** Points of the trips that may be shown, by index; through the whole path from attributes to slate. */
function rank(trips: readonly Trip[], wishes: Wishes): Map<number, number> {
  const table = tableOf(trips);
  const slate = rankSlate(rules, rankable(table), visitOf(wishes), {
    limit: trips.length,
    seed: 1,
    nowMs: NOW_MS,
    exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
  });
  return new Map(slate.rows.map((row, slot) => [row, toPoints(slate.units[slot])]));
}

const tableOf = (trips: readonly Trip[]) =>
  packItems(
    smarttrip.columns,
    trips.map(({ departureMs, ...trip }, i) => ({
      id: `t${i}` as ItemId,
      attributes: { ...trip, departure: departureMs },
    })),
  );

const visitOf = (wishes: Wishes): Visit => ({
  preferences: Object.fromEntries(
    Object.entries(wishes).filter((entry) => entry[1] !== undefined),
  ) as Visit['preferences'],
  context: {},
  recent: [],
});

describe('the rules of smarttrip.json, case by case', () => {
  const cases: [sentence: string, trip: Trip, wishes: Wishes, points: number][] = [
    ['a trip scores the base when nothing is known of it', {}, {}, 30],
    ['a trip scores the base when nothing is wished', { themes: ['food'], price: 900 }, {}, 30],
    ['no shared theme costs 15', { themes: ['ski'] }, { themes: ['food'] }, 15],
    ['one shared theme gives 12', { themes: ['ski', 'food'] }, { themes: ['food', 'spa'] }, 42],
    ['two shared themes give 25', { themes: ['ski', 'food'] }, { themes: ['food', 'ski'] }, 55],
    [
      'three shared themes give no more than two',
      { themes: ['a', 'b', 'c'] },
      { themes: ['a', 'b', 'c'] },
      55,
    ],
    ['a trip without themes is not punished', { themes: [] }, { themes: ['food'] }, 30],
    ['an empty list of themes wishes nothing', { themes: ['ski'] }, { themes: [] }, 30],
    ['the wished difficulty gives 15', { difficulty: 3 }, { difficulty: 3 }, 45],
    ['a difficulty one off gives nothing', { difficulty: 4 }, { difficulty: 3 }, 30],
    ['a difficulty two off gives nothing', { difficulty: 1 }, { difficulty: 3 }, 30],
    [
      'a duration at the shortest wished gives 12',
      { durationDays: 7 },
      { durationDays: { min: 7, max: 10 } },
      42,
    ],
    [
      'a duration at the longest wished gives 12',
      { durationDays: 10 },
      { durationDays: { min: 7, max: 10 } },
      42,
    ],
    [
      'a duration four days short gives 8',
      { durationDays: 3 },
      { durationDays: { min: 7, max: 10 } },
      38,
    ],
    [
      'a duration four days long gives 8',
      { durationDays: 14 },
      { durationDays: { min: 7, max: 10 } },
      38,
    ],
    [
      'a duration five days long gives nothing',
      { durationDays: 15 },
      { durationDays: { min: 7, max: 10 } },
      30,
    ],
    [
      'a duration seven days long gives nothing',
      { durationDays: 17 },
      { durationDays: { min: 7, max: 10 } },
      30,
    ],
    ['a price at the budget gives 12', { price: 3300 }, { budget: 3300 }, 42],
    ['a price under the budget gives 12', { price: 1 }, { budget: 3300 }, 42],
    ['a price 10 % over gives 8', { price: 3630 }, { budget: 3300 }, 38],
    ['a price a cent above 10 % over gives 5', { price: 3630.01 }, { budget: 3300 }, 35],
    ['a price in cents 10 % over gives 8', { price: 1.1 }, { budget: 1 }, 38],
    ['a price 20 % over gives 5', { price: 3960 }, { budget: 3300 }, 35],
    ['a price a cent above 20 % over gives nothing', { price: 3960.01 }, { budget: 3300 }, 30],
    ['an open trip gets nothing for it', { status: 'open' }, {}, 30],
    ['a guaranteed trip gets 7', { status: 'guaranteed' }, {}, 37],
    ['last places get 15', { status: 'last_places' }, {}, 45],
    ['a status nobody knows gets nothing', { status: 'rumoured' }, {}, 30],
    ['a departure this very moment gives 7', { departureMs: NOW_MS }, {}, 37],
    ['a departure in exactly 30 days gives 7', { departureMs: NOW_MS + 30 * DAY_MS }, {}, 37],
    [
      'a departure a millisecond later gives nothing',
      { departureMs: NOW_MS + 30 * DAY_MS + 1 },
      {},
      30,
    ],
    [
      'a wished country gives 15',
      { continent: 'Asia', country: 'Nepal' },
      { countries: ['Nepal'] },
      45,
    ],
    [
      'a wished continent gives 5',
      { continent: 'Asia', country: 'Nepal' },
      { continents: ['Asia'] },
      35,
    ],
    [
      'a wished country counts once, not with its continent',
      { continent: 'Asia', country: 'Nepal' },
      { continents: ['Asia'], countries: ['Nepal'] },
      45,
    ],
    [
      'another country of a wished continent gives 5',
      { continent: 'Asia', country: 'Japan' },
      { continents: ['Asia'], countries: ['Nepal'] },
      35,
    ],
    [
      'a place elsewhere gives nothing',
      { continent: 'Europe', country: 'Italy' },
      { continents: ['Asia'] },
      30,
    ],
    [
      'a continent counts when the country is not known',
      { continent: 'Asia' },
      { continents: ['Asia'] },
      35,
    ],
    [
      'a country counts when the continent is not known',
      { country: 'Nepal' },
      { countries: ['Nepal'] },
      45,
    ],
    [
      'everything at its best gives 131',
      {
        themes: ['ski', 'food'],
        difficulty: 2,
        durationDays: 8,
        price: 999,
        status: 'last_places',
        departureMs: NOW_MS + DAY_MS,
        continent: 'Asia',
        country: 'Nepal',
      },
      {
        themes: ['food', 'ski'],
        difficulty: 2,
        durationDays: { min: 8, max: 8 },
        budget: 1000,
        countries: ['Nepal'],
      },
      131,
    ],
  ];

  it.each(cases)('%s', (_, trip, wishes, points) => {
    expect([...rank([trip], wishes).values()]).toEqual([points]);
    expect(ruleScore(trip, wishes, NOW_MS)).toBe(points);
  });

  it.each<[string, Trip]>([
    ['a full trip is not shown', { status: 'full' }],
    ['a departed trip is not shown', { departureMs: NOW_MS - 1 }],
  ])('%s', (_, trip) => {
    expect(rank([trip], {}).size).toBe(0);
    expect(mayBeShown(trip, NOW_MS)).toBe(false);
  });
});

describe('the rules of smarttrip.json on 6,000 seeded pairs of trips and wishes', () => {
  const random = seededRandom(20_260_301);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const sometimes = <T>(value: T) => (random() < 0.15 ? undefined : value);
  const THEMES = ['hiking', 'food', 'ski', 'spa', 'beach', 'photo'];
  const CONTINENTS = ['Asia', 'Europe', 'Africa'];
  const some = (values: readonly string[], chance: number) =>
    values.filter(() => random() < chance);

  const makeWishes = (): Wishes => {
    const min = 3 + Math.floor(random() * 15);
    const all = {
      themes: sometimes(some(THEMES, 0.35)),
      difficulty: sometimes(pick([1, 2, 3, 4, 5])),
      durationDays: sometimes({ min, max: min + Math.floor(random() * 6) }),
      budget: sometimes(pick([700, 1000, 1050, 2999, 3300, 12_345])),
      continents: sometimes(some(CONTINENTS, 0.4)),
      countries: sometimes(some(['Asia-1', 'Asia-2', 'Europe-1', 'Africa-2'], 0.3)),
    };
    return random() < 0.05 ? {} : all;
  };

  /** Values lie on and right beside every boundary of the wishes. */
  const makeTrip = ({ durationDays, budget }: Wishes): Trip => {
    const offDays = pick([0, 1, 3, 4, 5, 6, 7, 8, 12]);
    const days = durationDays ?? { min: 10, max: 12 };
    const overPercent = pick([-50, 0, 5, 10, 15, 20, 21, 80]);
    const continent = pick(CONTINENTS);
    return {
      themes: sometimes(some(THEMES, 0.35)),
      difficulty: sometimes(pick([1, 2, 3, 4, 5])),
      durationDays: sometimes(random() < 0.5 ? days.max + offDays : days.min - offDays),
      price: sometimes(((budget ?? 1000) * (100 + overPercent)) / 100 + pick([0, 0, 0.01, -0.01])),
      status: sometimes(pick(['open', 'guaranteed', 'last_places', 'full', 'rumoured'])),
      departureMs: sometimes(
        NOW_MS + pick([0, 1, 29, 30, 31, 200, -1]) * DAY_MS + pick([0, 0, 1, -1]),
      ),
      continent: sometimes(continent),
      country: sometimes(`${continent}-${pick([1, 2, 3])}`),
    };
  };

  const rounds = Array.from({ length: 120 }, () => {
    const wishes = makeWishes();
    return { wishes, trips: Array.from({ length: 50 }, () => makeTrip(wishes)) };
  });

  it('ranking gives exactly the points of the plain rules, and shows exactly the trips that may be shown', () => {
    for (const { wishes, trips } of rounds) {
      const expected = trips.flatMap((trip, i) =>
        mayBeShown(trip, NOW_MS) ? [[i, ruleScore(trip, wishes, NOW_MS)] as const] : [],
      );
      const ranked = rank(trips, wishes);
      expect([...ranked].toSorted((a, b) => a[0] - b[0])).toEqual(expected);
      const points = [...ranked.values()];
      expect(points).toEqual(points.toSorted((a, b) => b - a));
    }
  });

  it('adding up one weight per code gives exactly the points of the plain rules', () => {
    for (const { wishes, trips } of rounds) {
      const table = tableOf(trips);
      const encoded = encodeRequest(smarttrip, table, new Map(), visitOf(wishes), NOW_MS);
      const codes = codesOf(encoded, [...trips.keys()]);
      const points = trips.map((_, i) =>
        toPoints(scoreCodes(rules, codes, i * smarttrip.features.length)),
      );
      expect(points).toEqual(trips.map((trip) => ruleScore(trip, wishes, NOW_MS)));
    }
  });

  it('meets every rule and both filters often enough to mean something', () => {
    const pairs = rounds.flatMap(({ wishes, trips }) => trips.map((trip) => ({ wishes, trip })));
    const distinct = new Set(pairs.map(({ trip, wishes }) => ruleScore(trip, wishes, NOW_MS)));
    expect(pairs.length).toBe(6000);
    expect(distinct.size).toBeGreaterThan(80);
    expect(pairs.filter(({ trip }) => !mayBeShown(trip, NOW_MS)).length).toBeGreaterThan(1000);
  });
});
