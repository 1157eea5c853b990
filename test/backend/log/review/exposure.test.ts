import { afterEach, beforeEach, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { exposure } from '../../../../backend/log/review/exposure.ts';
import { parseItemId, parseSessionId } from '../../../../shared/domain/ids.ts';
import { parseItem } from '../../../../shared/domain/item.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + DAY);
});
afterEach(() => log.close());

const SPAN = { from: NOON - DAY, to: NOON + DAY };

async function find(attribute: string) {
  await log.update();
  const found = await exposure(log.store.db, smarttrip, SPAN, log.nowMs, attribute);
  return { ...found, of: (label: string) => found.groups.find((one) => one.label === label)! };
}

/** Of how many rankings by how many people each; a click of an item at random in half of them. */
async function fill(rankings: number, people: number) {
  const random = seededRandom(11);
  const below = (n: number) => Math.floor(random() * n);
  const trips = Array.from({ length: 40 }, (_, n) => ({
    id: `t${n}`,
    country: ['France', 'Italy', 'Norway', undefined][n % 4],
    themes: ['hiking', 'food'].filter(() => below(2) === 0),
  }));
  await upsertItems(
    log.store,
    smarttrip,
    trips.map(({ country, ...rest }) =>
      parseItem({ status: 'open', ...rest, ...(country !== undefined && { country }) }),
    ),
    1,
  );
  const shown = Array.from({ length: rankings }, (_, n) =>
    rankingOf(`r${n}`, NOON + n, {
      sessionId: parseSessionId(`session-${n % people}`),
      itemIds: [...new Set(Array.from({ length: 3 }, () => `t${below(40)}`))]
        .concat(['u1', 'u2', 'u3'])
        .slice(0, 3)
        .map((id) => parseItemId(id)),
    }),
  );
  const clicks = shown.flatMap((ranking) =>
    below(2) === 0 ? [happened(ranking, 'click', { slot: below(3) })] : [],
  );
  await log.add(shown, clicks);
  return { trips, shown, clicks };
}

test('exposure is discounted by position, and merit is clicks for each exposure', async () => {
  const { trips, shown, clicks } = await fill(120, 30);
  const found = await find('country');
  expect(found).toMatchObject({ rankings: 120, people: 30, items: 40 });
  expect(found.groups.map(({ label }) => label)).toEqual(['France', 'Italy', 'Norway', 'missing']);
  const countryOf = new Map(trips.map(({ id, country }) => [id, country ?? 'missing']));
  const sums = new Map<string, { exposure: number; clicks: number }>();
  for (const { itemIds } of shown)
    itemIds.forEach((id, slot) => {
      const country = countryOf.get(id);
      if (country === undefined) return;
      const own = sums.get(country) ?? { exposure: 0, clicks: 0 };
      sums.set(country, { ...own, exposure: own.exposure + Math.LN2 / Math.log(slot + 2) });
    });
  for (const { itemId } of clicks) {
    const own = sums.get(countryOf.get(itemId!) ?? '');
    if (own !== undefined) own.clicks++;
  }
  const all = [...sums.values()].reduce((sum, one) => sum + one.exposure, 0);
  const merit = [...sums.values()].reduce((sum, one) => sum + (10 * one.clicks) / one.exposure, 0);
  for (const [label, own] of sums) {
    const group = found.of(label);
    expect(group).toMatchObject({ items: 10, catalogueShare: 0.25, clicks: own.clicks });
    expect(group.exposureShare!.mean).toBeCloseTo(own.exposure / all, 12);
    expect(group.clickRate!.mean).toBeCloseTo(own.clicks / own.exposure, 12);
    expect(group.exposurePerMerit).toBeCloseTo(
      own.exposure / all / ((10 * own.clicks) / own.exposure / merit),
      9,
    );
    expect(group.exposureShare!.low).toBeLessThan(group.exposureShare!.mean);
    expect(group.exposureShare!.high).toBeGreaterThan(group.exposureShare!.mean);
  }
});

test('an item with several values counts in each, and shares add up to 1', async () => {
  await fill(60, 20);
  const { groups } = await find('themes');
  expect(groups.map(({ label }) => label).toSorted()).toEqual(['food', 'hiking', 'missing']);
  const sum = (share: (one: (typeof groups)[number]) => number) =>
    groups.reduce((total, one) => total + share(one), 0);
  expect(sum(({ catalogueShare }) => catalogueShare)).toBeCloseTo(1, 12);
  expect(sum(({ exposureShare }) => exposureShare!.mean)).toBeCloseTo(1, 12);
});

test('the interval is by person: the same rankings of fewer people say less', async () => {
  const { shown } = await fill(200, 100);
  const many = (await find('country')).of('France').exposureShare!;
  expect(many.high! - many.low!).toBeGreaterThan(0);
  // Each of two people saw a hundred rankings that are alike.
  await log.close();
  log = await openLog(NOON + DAY);
  await fill(0, 1);
  const firstOf = (n: number) => shown[n % 2].itemIds;
  await log.add(
    shown.map((ranking, n) => ({
      ...ranking,
      sessionId: parseSessionId(`person-${n % 2}`),
      itemIds: firstOf(n),
    })),
  );
  const { people, groups } = await find('country');
  expect(people).toBe(2);
  const widest = Math.max(
    ...groups.map(({ exposureShare }) => exposureShare!.high! - exposureShare!.low!),
  );
  expect(widest).toBeGreaterThan(many.high! - many.low!);
});

test('without rankings there are no shares, and an attribute that is not there is named', async () => {
  await fill(0, 1);
  const { groups, rankings } = await find('country');
  expect(rankings).toBe(0);
  expect(groups.map(({ exposureShare, clickRate }) => [exposureShare, clickRate])).toEqual(
    groups.map(() => [null, null]),
  );
  await expect(find('supplier')).rejects.toThrow(/has no attribute "supplier"; it has .*country/);
});
