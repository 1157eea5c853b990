import { describe, expect, test } from 'vitest';
import type { SampledRequest } from '../../../backend/log/logged-requests.ts';
import { shiftsBetween, turnover } from '../../../backend/monitor/drift.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { worldOf, type WorldDay } from '../../../backend/monitor/world.ts';
import { clopperPearson } from '../../../backend/science/statistics/clopper-pearson.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { sized } from '../../support/size.ts';
import { DAY } from '../log/support/log.ts';
import {
  sampleOf,
  tripsOf,
  wishOf,
  type CataloguePlan,
  type WishPlan,
} from './support/steady-world.ts';
import { startOf } from './support/steady-days.ts';

const RULES = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const NAMES = smarttrip.features.map(({ name }) => name);
const LOOKS = sized({ small: 8, full: 30, hours: 1000 });
/** Where all of so many days find a change, the true share is above 0.83 for 20 of them, and 0.47 for 5. */
const CHANGED_DAYS = sized({ small: 5, full: 20 });

interface Plan extends WishPlan {
  readonly visitors?: number;
  readonly catalogue?: CataloguePlan;
  readonly candidates?: (random: () => number) => unknown[];
}

/** Visitors of one to five alike requests: the worst case for a test that takes requests for independent. */
function dayOf(day: number, seed: number, plan: Plan = {}): WorldDay {
  const random = seededRandom(seed);
  const requests: SampledRequest[] = [];
  for (let visitor = 0; visitor < (plan.visitors ?? 600); visitor++) {
    const preferences = wishOf(random, plan);
    const candidates = plan.candidates?.(random);
    for (let n = Math.floor(random() * 5); n >= 0; n--)
      requests.push({
        visitor: `visitor ${seed} ${visitor}`,
        at: startOf(day) + Math.floor(random() * DAY),
        request: parseRankRequest({
          consent: 'none',
          preferences,
          ...(candidates && { candidates }),
        }),
      });
  }
  const trips = tripsOf(day, startOf(day), plan.catalogue);
  return { catalogue: sampleOf(startOf(day), trips), requests };
}

const REFERENCE = await worldOf(
  RULES,
  [7, 14, 21].map((day) => dayOf(day, day, { visitors: 400 })),
);

/** What has shifted on day 28. */
async function shifted(seed: number, plan: Plan = {}) {
  const current = await worldOf(RULES, [dayOf(28, 1000 + seed, plan)]);
  return shiftsBetween(NAMES, REFERENCE, current, DEFAULT_MONITORS.drift);
}
const names = async (...given: Parameters<typeof shifted>) =>
  (await shifted(...given)).map(({ of }) => of);

test('one request of a visitor counts, however many there are', async () => {
  const day = dayOf(1, 1, { visitors: 100 });
  const world = await worldOf(RULES, [day]);
  expect(day.requests.length).toBeGreaterThan(150);
  expect(world.visitors).toBe(100);
  expect(world.pairs.points).toHaveLength(100 * 50);
});

describe('a world without change', () => {
  test(`raises nothing in ${LOOKS} days of new visitors`, async () => {
    let alarms = 0;
    for (let seed = 0; seed < LOOKS; seed++) {
      const current = await worldOf(RULES, [dayOf(28, 2000 + seed)]);
      alarms += shiftsBetween(NAMES, REFERENCE, current, DEFAULT_MONITORS.drift).length;
    }
    const { high } = clopperPearson(alarms, LOOKS);
    console.log(`drift without change: ${alarms} of ${LOOKS} looks, at most ${high}`);
    expect(alarms).toBe(0);
  });

  test('exceeds chance as seldom as alpha says, where the limits of size are taken away', async () => {
    const limits = { ...DEFAULT_MONITORS.drift, maxScorePsi: 0, maxFeaturePsi: 0, alpha: 0.05 };
    const world = (seed: number) =>
      worldOf(RULES, [dayOf(28, seed, { catalogue: { items: 3000 } })]);
    let alarms = 0;
    for (let seed = 0; seed < LOOKS; seed++) {
      const [before, after] = [await world(5000 + 2 * seed), await world(5001 + 2 * seed)];
      alarms += Number(shiftsBetween(NAMES, before, after, limits).length > 0);
    }
    const { low, high } = clopperPearson(alarms, LOOKS);
    console.log(`beyond chance at alpha 0.05: ${alarms} of ${LOOKS} (${low} to ${high})`);
    expect(low).toBeLessThanOrEqual(0.05);
  });

  test('items that go and are followed by alike ones are no drift', async () => {
    expect(await names(1, { catalogue: { replaced: 0.4 } })).toEqual([]);
  });
});

describe('a change', () => {
  test.each<[string, Plan, string[]]>([
    ['of budgets', { budgetFactor: 0.4 }, ['preferences.budget', 'feature budget']],
    ['of what is dared', { daring: 0.6 }, ['preferences.difficulty']],
    ['of prices', { catalogue: { priceFactor: 2.5 } }, ['column price', 'feature budget']],
    ['of how much there is', { catalogue: { items: 150 } }, ['items']],
  ])(`%s is found by name, on all of ${CHANGED_DAYS} days`, async (_, plan, expected) => {
    let hits = 0;
    for (let seed = 0; seed < CHANGED_DAYS; seed++) {
      const found = await names(seed, plan);
      hits += Number(expected.every((name) => found.includes(name)));
    }
    expect(hits).toBe(CHANGED_DAYS);
  });

  test('says how far it is above chance, the furthest first', async () => {
    const found = await shifted(1, { budgetFactor: 0.4 });
    expect(found[0].says).toMatch(/^preferences\.budget \(PSI \d+\.\d\d above chance\)$/);
    const excess = found.map(({ figures }) => figures.excess);
    expect(excess).toEqual(excess.toSorted((a, b) => b - a));
  });
});

test('where sites send candidates, their own are what is scored', async () => {
  const send = (price: number) => (random: () => number) =>
    Array.from({ length: 8 }, (_, n) => ({
      id: `sent-${Math.floor(random() * 1e6)}-${n}`,
      price: price + Math.floor(random() * 500),
      difficulty: 1 + Math.floor(random() * 5),
    }));
  const day = (n: number, seed: number, price: number) =>
    dayOf(n, seed, { candidates: send(price), catalogue: { items: 0 } });
  const world = async (one: WorldDay) => worldOf(RULES, [one]);
  const before = await world(day(7, 1, 600));
  const limits = DEFAULT_MONITORS.drift;
  expect(shiftsBetween(NAMES, before, await world(day(28, 2, 600)), limits)).toEqual([]);
  const dearer = shiftsBetween(NAMES, before, await world(day(28, 3, 2000)), limits);
  expect(dearer.map(({ of }) => of)).toContain('feature budget');
});

test('of a catalogue that is seen in part, what was left out is chance, and of one that is seen whole nothing', async () => {
  for (const items of [1, 4]) {
    const { catalogue, requests } = dayOf(1, 1, { visitors: 20 });
    const seen = catalogue.table.ids.length;
    const { columns, pairs } = await worldOf(RULES, [
      { catalogue: { ...catalogue, items: items * seen }, requests },
    ]);
    const clusterings = [...columns.values()].map(({ clustering }) => clustering);
    for (const { chance } of [...clusterings, pairs.clusterings[1]])
      expect(new Set(chance as number[])).toEqual(new Set([1 - 1 / items]));
  }
});

test('the turnover of two samples is that of the whole catalogues', () => {
  const start = startOf(1);
  const all = tripsOf(1, start, { items: 5000 });
  const changed = tripsOf(1, start, { items: 5000, replaced: 0.3 });
  const whole = turnover(sampleOf(start, all, 5000), sampleOf(start, changed, 5000));
  expect(whole).toEqual({ newItems: 0.3, goneItems: 0.3 });
  const { newItems, goneItems } = turnover(sampleOf(start, all), sampleOf(start, changed));
  // Binomial of 500 with 0.3: four standard deviations.
  expect(Math.abs(newItems - 0.3)).toBeLessThan(0.08);
  expect(Math.abs(goneItems - 0.3)).toBeLessThan(0.08);
  // A sample of half the catalogue reaches twice as far: what the other one has not seen is no news.
  const half = turnover(sampleOf(start, all), sampleOf(start, all.slice(0, 2500)));
  expect(half.newItems).toBe(0);
  expect(Math.abs(half.goneItems - 0.5)).toBeLessThan(0.09);
  expect(turnover(sampleOf(start, all), sampleOf(start, all))).toEqual({
    newItems: 0,
    goneItems: 0,
  });
});
