import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { readLoggedRequests, readRequestsOf } from '../../../backend/log/logged-requests.ts';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { DAY, NOON, openLog, rankingOf, type Log } from './support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + DAY);
});
afterEach(() => log.close());

const HOUR = DAY / 24;
const ALL = [{ from: NOON - HOUR, to: NOON + HOUR }];
const read = (size = 1e6, spans = ALL) =>
  readLoggedRequests(log.store.db, smarttrip.hash, spans, size);

test('requests come as they were ranked: what was wished, where, how many, and which candidates', async () => {
  const request = JSON.stringify({
    preferences: { themes: ['food'], budget: 900 },
    context: { device: 'phone' },
    recent: [{ itemId: 'a', type: 'click', at: NOON - 5 }],
    candidates: [{ id: 'a', price: 5 }, { id: 'b' }],
  });
  await log.add([rankingOf('one', NOON, { request, limit: 7, userId: parseUserId('user-1') })]);
  await log.update();
  const [{ visitor, at, request: found }] = await read();
  expect(at).toBe(NOON);
  expect(visitor).not.toBe('');
  expect(found).toMatchObject({
    ...JSON.parse(request),
    candidates: [
      { id: 'a', attributes: { price: 5 } },
      { id: 'b', attributes: {} },
    ],
    limit: 7,
    placement: 'main',
  });
});

test('filters and exclusions come as they were ranked by, with how many items they left', async () => {
  const filters = {
    all: [
      { column: 'price', to: 900 },
      { column: 'departure', from: '2026-05-01' },
    ],
  };
  const request = { preferences: {}, context: {}, recent: [], filters, exclude: ['a', 'b'] };
  const rankings = [
    rankingOf('one', NOON, { request: JSON.stringify(request), allowed: 31 }),
    rankingOf('two', NOON + 1, {
      request: JSON.stringify({ ...request, exclude: undefined }),
      allowed: 0,
    }),
    rankingOf('three', NOON + 2, {}),
  ];
  await log.add(rankings);
  await log.update();
  const found = (await read()).map(({ request: { filters: own, exclude } }) => [own, exclude]);
  expect(found).toEqual([
    [filters, ['a', 'b']],
    [filters, undefined],
    [undefined, undefined],
  ]);
  const ids = rankings.map(({ rankingId }) => rankingId);
  const by = await readRequestsOf(log.store.db, ids);
  expect(ids.map((id) => by.get(id)!.allowed)).toEqual([31, 0, null]);
});

test('a history comes as it was ranked by, since nothing is logged that its visitor did not consent to', async () => {
  const history = {
    items: [{ itemId: 'a', type: 'saved', agoHours: 96 }],
    searches: [{ preferences: { themes: ['food'] }, agoHours: 3 }],
  };
  const request = JSON.stringify({ preferences: {}, context: {}, recent: [], history });
  const context = { placement: 'main', consent: 'personalise' } as never;
  await log.add([rankingOf('one', NOON, { request, context })]);
  await log.update();
  const [{ request: found }] = await read();
  expect(found).toMatchObject({ recent: [], history });
});

test('a visitor is one by user, else by session; rankings without consent do not count', async () => {
  const anonymous = { sessionId: '' as ReturnType<typeof parseSessionId> };
  const context = { placement: 'main', consent: 'none' } as never;
  await log.add([
    rankingOf('a', NOON, { userId: parseUserId('u') }),
    rankingOf('b', NOON + 1, { userId: parseUserId('u') }),
    rankingOf('c', NOON + 2, { sessionId: parseSessionId('s') }),
    rankingOf('d', NOON + 3, { sessionId: parseSessionId('s') }),
    rankingOf('e', NOON + 4, { ...anonymous, context }),
    rankingOf('f', NOON + 5, { ...anonymous, context }),
  ]);
  await log.update();
  const visitors = (await read()).map(({ visitor }) => visitor);
  expect(visitors).toEqual(['u', 'u', 's', 's']);
});

test('a sample is of about the size that was asked for, and always the same', async () => {
  const random = seededRandom(7);
  await log.add(
    Array.from({ length: 3000 }, (_, n) =>
      rankingOf(`r${n}`, NOON + n, { seed: Math.floor(random() * 2 ** 32) }),
    ),
  );
  await log.update();
  const sample = await read(300);
  // Binomial of 3,000 with 1/10: five standard deviations.
  expect(Math.abs(sample.length - 300)).toBeLessThan(82);
  expect(await read(300)).toEqual(sample);
  const halves = await read(1e6, [
    { from: NOON, to: NOON + 999 },
    { from: NOON + 2000, to: NOON + 2999 },
  ]);
  expect(halves.map(({ at }) => at - NOON)).toEqual([
    ...Array.from({ length: 1000 }, (_, n) => n),
    ...Array.from({ length: 1000 }, (_, n) => n + 2000),
  ]);
});

test('bots ask for nothing, and what would be refused today is left out', async () => {
  const crawled = Array.from({ length: 100 }, (_, n) =>
    rankingOf(`crawled-${n}`, NOON + n, { sessionId: parseSessionId('crawler') }),
  );
  const preferences = { budget: { min: 5, max: 1 } };
  await log.add([
    ...crawled,
    rankingOf('person', NOON),
    rankingOf('older', NOON + 1, { request: JSON.stringify({ preferences }) }),
    rankingOf('broken', NOON + 2, { request: '{' }),
  ]);
  await log.update({ ...NO_FILTERS, maxRankingsPerMinute: 20 });
  expect((await read()).map(({ at }) => at)).toEqual([NOON]);
});
