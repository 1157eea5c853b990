import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { effectiveNumber, spread } from '../../../../backend/log/review/spread.ts';
import { leaveOut } from '../../../../backend/log/exclusions.ts';
import { parseItemId } from '../../../../shared/domain/ids.ts';
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
const trip = (id: string, attributes: object) => parseItem({ id, status: 'open', ...attributes });
const store = (...trips: ReturnType<typeof trip>[]) => upsertItems(log.store, smarttrip, trips, 1);
const shown = (name: string, ids: readonly string[], at = NOON) =>
  rankingOf(name, at, { itemIds: ids.map((id) => parseItemId(id)) });

async function find() {
  await log.update();
  const found = await spread(log.store.db, smarttrip, SPAN, log.nowMs);
  const column = (name: string) => found.columns.find(({ attribute }) => attribute === name)!;
  return { ...found, column };
}

describe('how training data are spread', () => {
  test('every bucket has its items, how often they were shown and how often they were clicked', async () => {
    const random = seededRandom(5);
    const below = (n: number) => Math.floor(random() * n);
    const themes = ['hiking', 'food', 'diving', 'opera'];
    const trips = Array.from({ length: 60 }, (_, n) => {
      const own = themes.filter(() => below(2) === 0);
      return { id: `t${n}`, themes: own, price: 100 * (1 + below(40)), country: `C${below(5)}` };
    });
    await store(...trips.map(({ id, ...rest }) => trip(id, { continent: 'Europe', ...rest })));
    const rankings = Array.from({ length: 80 }, (_, n) =>
      shown(`r${n}`, [...new Set(Array.from({ length: 5 }, () => `t${below(60)}`))], NOON + n),
    );
    const events = rankings.flatMap((ranking) =>
      below(2) === 0 ? [happened(ranking, 'click', { slot: below(ranking.itemIds.length) })] : [],
    );
    await log.add(rankings, events);
    const { column, rankings: read, items, gone } = await find();
    expect({ read, items, gone }).toEqual({ read: 80, items: 60, gone: 0 });
    for (const theme of themes) {
      const own = new Set<string>(
        trips.filter((one) => one.themes.includes(theme)).map(({ id }) => id),
      );
      expect(column('themes').buckets.find(({ label }) => label === theme)).toMatchObject({
        catalogue: own.size,
        shown: rankings.flatMap(({ itemIds }) => itemIds).filter((id) => own.has(id)).length,
        clicked: events.filter(({ itemId }) => own.has(itemId!)).length,
      });
    }
    const prices = column('price').buckets;
    expect(prices.reduce((sum, { catalogue }) => sum + catalogue, 0)).toBe(60);
    expect(prices.reduce((sum, one) => sum + one.shown, 0)).toBe(
      rankings.reduce((sum, { itemIds }) => sum + itemIds.length, 0),
    );
    expect(prices[0].label).toMatch(/^up to /);
    expect(prices.at(-1)!.label).toMatch(/^over /);
    expect(column('continent').effective).toEqual({ catalogue: 1, shown: 1, clicked: 1 });
    expect(column('country').buckets.length).toBe(5);
  });

  test('a bucket that is shown much more rarely than its share is marked; one that few items have is not', async () => {
    const of = (type: string, n: number) =>
      Array.from({ length: n }, (_, i) => trip(`${type}-${i}`, { tripType: type }));
    await store(...of('hotel', 50), ...of('tour', 50), ...of('odd', 1));
    const rankings = Array.from({ length: 100 }, (_, n) =>
      shown(`r${n}`, [`hotel-${n % 50}`, `hotel-${(n + 1) % 50}`, ...(n < 10 ? ['tour-1'] : [])]),
    );
    await log.add(rankings);
    const { column } = await find();
    expect(
      column('tripType').buckets.map(({ label, shown: times, isRare }) => [label, times, isRare]),
    ).toEqual([
      ['hotel', 200, false],
      ['tour', 10, true],
      ['odd', 0, false],
    ]);
    expect(column('tripType').effective.shown!).toBeLessThan(1.3);
    expect(column('tripType').effective.catalogue!).toBeGreaterThan(2);
  });

  test('what cannot be shown, is gone, or is left out of training is in no bucket', async () => {
    await store(
      trip('a', { tripType: 'tour' }),
      trip('full', { tripType: 'tour', status: 'full' }),
    );
    const [one, other] = [shown('one', ['a', 'gone']), shown('other', ['a'])];
    await log.add([one, other]);
    const before = await find();
    expect([before.items, before.gone]).toEqual([1, 1]);
    expect(before.column('tripType').buckets).toMatchObject([
      { label: 'tour', catalogue: 1, shown: 2 },
    ]);
    const whom = { kind: 'session', subject: other.sessionId } as const;
    await leaveOut(log.store, whom, { reason: 'a monitor', by: 'rita' }, log.nowMs);
    expect((await find()).column('tripType').buckets).toMatchObject([{ shown: 1 }]);
  });

  test('many values are their most frequent ones and the others; values that are missing are a bucket', async () => {
    await store(
      ...Array.from({ length: 40 }, (_, n) => trip(`t${n}`, { country: `C${n}` })),
      ...Array.from({ length: 10 }, (_, n) => trip(`u${n}`, {})),
      ...Array.from({ length: 5 }, (_, n) => trip(`d${n}`, { departure: `2026-0${5 + n}-10` })),
    );
    const { column } = await find();
    const countries = column('country').buckets;
    expect(countries).toHaveLength(32);
    expect(countries.at(-2)).toMatchObject({ label: 'others', catalogue: 10 });
    expect(countries.at(-1)).toMatchObject({ label: 'missing', catalogue: 15 });
    expect(column('departure').buckets.map(({ label }) => label)).toEqual([
      '2026-05',
      '2026-06',
      '2026-07',
      '2026-08',
      '2026-09',
      'missing',
    ]);
    expect(column('price').buckets).toMatchObject([{ label: 'missing', catalogue: 55 }]);
    expect(column('country').effective.shown).toBeNull();
  });
});

test('the effective number is that of equal buckets, whatever the counts', () => {
  expect(effectiveNumber([])).toBeNull();
  expect(effectiveNumber([0, 0])).toBeNull();
  expect(effectiveNumber([7, 7, 7, 0])).toBeCloseTo(3, 12);
  // By hand: shares ½, ¼, ¼ have an entropy of 1.5 bits.
  expect(effectiveNumber([2, 1, 1])).toBeCloseTo(2 ** 1.5, 12);
});
