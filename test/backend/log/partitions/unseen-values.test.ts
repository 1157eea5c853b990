import { afterEach, beforeEach, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { unseenValues } from '../../../../backend/log/partitions/unseen-values.ts';
import { parseItem } from '../../../../shared/domain/item.ts';
import { parseItemId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { DAY, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + DAY);
});
afterEach(() => log.close());

const WINDOW = { from: NOON - DAY, to: NOON + DAY };
const trip = (id: string, attributes: object) => parseItem({ id, status: 'open', ...attributes });

async function store(...trips: ReturnType<typeof trip>[]): Promise<void> {
  await upsertItems(log.store, smarttrip, trips, 1);
}

const shown = (name: string, at: number, ...ids: string[]) => {
  const itemIds = ids.map((id) => parseItemId(id));
  return rankingOf(name, at, { itemIds });
};

const find = async () => {
  await log.update();
  return unseenValues(log.store.db, smarttrip, WINDOW, log.nowMs);
};

test('themes, regions and types of the catalogue of which nothing was shown are named, the most common first', async () => {
  await store(
    trip('a', { themes: ['hiking', 'food'], continent: 'Europe', country: 'PT' }),
    trip('b', { themes: ['diving'], continent: 'Asia', country: 'TH' }),
    trip('c', { themes: ['diving'], continent: 'Asia', country: 'VN' }),
    trip('d', { themes: 'food', continent: 'Europe', country: 'ES', status: 'guaranteed' }),
  );
  await log.add([shown('r1', NOON, 'a', 'x'), shown('r2', NOON + 1, 'd', 'a')]);
  expect(await find()).toEqual([
    { attribute: 'continent', value: 'Asia', items: 2, share: 0.5 },
    { attribute: 'themes', value: 'diving', items: 2, share: 0.5 },
    { attribute: 'country', value: 'TH', items: 1, share: 0.25 },
    { attribute: 'country', value: 'VN', items: 1, share: 0.25 },
  ]);
  await log.add([shown('r3', NOON + 2, 'b'), shown('r4', NOON + 3, 'c')]);
  expect(await find()).toEqual([]);
});

test('what no ranking can show is not expected', async () => {
  await store(
    trip('a', { themes: ['hiking'] }),
    trip('full', { themes: ['diving'], status: 'full' }),
    trip('gone', { themes: ['opera'], departure: '2026-03-01' }),
    trip('ahead', { themes: ['hiking'], departure: '2026-05-01' }),
  );
  await log.add([shown('r1', NOON, 'a')]);
  expect(await find()).toEqual([]);
});

test('rankings outside of the window show nothing, and without any there is nothing to say', async () => {
  await store(trip('a', { themes: ['hiking'] }));
  await log.add([shown('r1', NOON - 2 * DAY, 'a')]);
  expect(await find()).toEqual([]);
  await log.add([shown('r2', NOON, 'x')]);
  expect(await find()).toMatchObject([{ attribute: 'status' }, { attribute: 'themes' }]);
});

test('names that each item has its own of are no kinds', async () => {
  const many = Array.from({ length: 201 }, (_, i) =>
    trip(`t${i}`, { country: `place ${i}`, continent: 'Europe' }),
  );
  await store(...many);
  await log.add([shown('r1', NOON, 't0')]);
  expect(await find()).toEqual([]);
});
