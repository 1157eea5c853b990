import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Experiment } from '../../../../../backend/experiments/new-experiment.ts';
import { NO_FILTERS } from '../../../../../backend/log/account/filters.ts';
import { settleOrders } from '../../../../../backend/log/account/orders/settle-orders.ts';
import type { Rules } from '../../../../../backend/log/account/rules.ts';
import { updateAccount } from '../../../../../backend/log/account/update-account.ts';
import { ingest } from '../../../../../backend/log/ingest/ingest.ts';
import {
  orderStates,
  recordOrderLines,
  type OrderLine,
} from '../../../../../backend/log/ingest/orders.ts';
import { deleteUser } from '../../../../../backend/log/retention/delete-user.ts';
import { pruneLog } from '../../../../../backend/log/retention/prune.ts';
import { versions } from '../../../../../backend/models/versions.ts';
import type { Store } from '../../../../../backend/store/open.ts';
import type { Decision } from '../../../../../shared/domain/decision.ts';
import {
  parseEventId,
  parseRankingId,
  parseSessionId,
  parseUserId,
} from '../../../../../shared/domain/ids.ts';
import { DAY_MS } from '../../../../../shared/domain/utc-day.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { smarttrip } from '../../../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../../../shared/format/ingest-bytes.ts';
import { runs } from '../../../../shared/support/seed.ts';
import { borrowStore } from '../../../../support/borrow-store.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { timeGoesOn } from '../../../support/time-goes-on.ts';
import { everybodyIn, everyReader, MIDNIGHT } from '../../support/every-reader.ts';
import { happened, rankingOf } from '../../support/log.ts';

const RULES: Rules = { attributionDays: 7, filters: NO_FILTERS };
const HOUR = 3_600_000;
const ARM = 'exp_1:control exp_2:control exp_3:control';
const LATE = MIDNIGHT + 300 * DAY_MS;

interface World {
  readonly store: Store;
  readonly experiments: readonly Experiment[];
  readonly folder: string;
}
let worlds: World[] = [];
async function world(): Promise<World> {
  const store = await borrowStore();
  await versions(store, () => 1).ensureRules(smarttrip);
  const made = { store, experiments: await everybodyIn(store), folder: temporaryFolder() };
  worlds.push(made);
  return made;
}
afterEach(async () => {
  for (const { store } of worlds) await store.close();
  worlds = [];
});

let batches = 0;
const add = ({ store }: World, decisions: readonly Decision[], events: readonly CollectedEvent[]) =>
  ingest(store, { batchId: `orders-${batches++}`, decisions, events }, MIDNIGHT);

async function tell({ store }: World, lines: readonly OrderLine[]) {
  const stored = await recordOrderLines(store, lines, LATE);
  await settleOrders(store, RULES, [...new Set(lines.map(({ orderId }) => orderId))]);
  return stored;
}
const stateOf = async ({ store }: World, orderId: string) =>
  (await orderStates(store, [orderId])).get(orderId)!;

/** By the account's own time, as the log's goes on. */
async function goOnTo(one: World, at: number) {
  await add(one, timeGoesOn(at), []);
  await updateAccount(one.store, RULES, at);
}

const read = async ({ store, experiments, folder }: World) => {
  await updateAccount(store, RULES, LATE);
  const days = [0, 1, 2].map((n) => MIDNIGHT + n * DAY_MS);
  const {
    faults: _,
    bookedSoon: __,
    ...found
  } = await everyReader(store, experiments, join(folder, 'partitions'), RULES, days);
  const counts = await store.db.all(sql`
    select day, itemId, metric, count from daily_counts where count > 0 order by 1, 2, 3`);
  const business = await store.db.all(sql`
    select rankingId, type, count(*) as n, sum(value) as value from events
    where fault = '' group by 1, 2 order by 1, 2`);
  return { ...found, counts, business };
};

const shown = (name: string, at: number, n: number) =>
  rankingOf(name, at, {
    arm: ARM,
    sessionId: parseSessionId(`s${n}`),
    ...(n % 2 === 0 && { userId: parseUserId(`u${n >> 2}`) }),
  });

interface Order {
  readonly orderId: string;
  readonly ranking: Decision;
  readonly slot: number;
  readonly isOnPage: boolean;
  /** A later ranking of which a page has told of a booking of the same order. */
  readonly elsewhere?: Decision;
  readonly lines: readonly OrderLine[];
}

function randomOrders(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const rankings = Array.from({ length: 12 }, (_, n) =>
    shown(`r${n}`, MIDNIGHT + below(3) * DAY_MS + n * HOUR, n),
  );
  const clicks = rankings.flatMap((one, n) =>
    n % 3 === 0 ? [] : [happened(one, 'click', { slot: below(2) })],
  );
  const orders = Array.from({ length: 10 }, (_, n): Order => {
    const ranking = rankings[below(rankings.length)];
    const slot = below(2);
    const isOnPage = random() < 0.4;
    const later = rankings.filter(({ at }) => at > ranking.at);
    const elsewhere =
      isOnPage && later.length > 0 && random() < 0.7 ? later[below(later.length)] : undefined;
    const line = (i: number, kind: OrderLine['kind'], at: number): OrderLine => ({
      lineId: `l${n}-${i}`,
      orderId: `o${n}`,
      kind,
      ...(kind !== 'cancellation' && { value: below(500) }),
      at,
      // What a page has said of an order is enough.
      ...(kind === 'booking' &&
        elsewhere === undefined && { rankingId: ranking.rankingId, itemId: ranking.itemIds[slot] }),
    });
    const booked = ranking.at + (1 + below(5)) * DAY_MS;
    const lines = [line(0, 'booking', booked)];
    for (let i = 1; random() < 0.6; i++)
      lines.push(
        line(i, (['refund', 'cancellation', 'booking'] as const)[below(3)], booked + i * DAY_MS),
      );
    return { orderId: `o${n}`, ranking, slot, isOnPage, elsewhere, lines };
  });
  return { rankings, clicks, orders, random, below };
}

const pageBooking = ({ ranking, slot, orderId }: Order, name = 'page'): CollectedEvent =>
  happened(ranking, 'booking', {
    eventId: parseEventId(`${name}-${orderId}`),
    slot,
    afterMs: DAY_MS,
    value: 777,
    properties: { orderId },
  });

const pageBookings = (order: Order): CollectedEvent[] => [
  ...(order.isOnPage ? [pageBooking(order)] : []),
  ...(order.elsewhere ? [pageBooking({ ...order, ranking: order.elsewhere }, 'elsewhere')] : []),
];

/** What a log would hold in which each order came once, as it is in the end. */
const inTheEnd = (order: Order): CollectedEvent => {
  const { kind, value } = order.lines.at(-1)!;
  const { ranking, slot, orderId, isOnPage } = order;
  return happened(ranking, kind === 'cancellation' ? 'cancel' : 'booking', {
    eventId: parseEventId(`end-${orderId}`),
    slot,
    afterMs: isOnPage ? DAY_MS : order.lines[0].at - ranking.at,
    ...(value !== undefined && { value }),
    properties: { orderId: `${orderId} in the end` },
  });
};

test('whatever order lines come in, before and after their day has closed, every reader says what the last one says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
      const { rankings, clicks, orders, random, below } = randomOrders(seed);
      const [told, direct] = [await world(), await world()];
      // Events and rankings of the day come first, or the answer to where an order came from might be another one.
      await add(told, rankings, [...clicks, ...orders.flatMap(pageBookings)]);
      await add(direct, rankings, [...clicks, ...orders.map(inTheEnd)]);
      const lines = orders
        .flatMap((order) => order.lines)
        .map((line) => [random(), line] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, line]) => line);
      const times = [20, 90].map((days) => MIDNIGHT + days * DAY_MS);
      while (lines.length > 0) {
        const some = lines.splice(0, 1 + below(8));
        await tell(told, some);
        if (random() < 0.3) await tell(told, some);
        if (random() < 0.4) await read(told);
        if (times.length > 0 && random() < 0.5) await goOnTo(told, times.shift()!);
      }
      for (const at of times) await goOnTo(told, at);
      for (const at of [20, 90]) await goOnTo(direct, MIDNIGHT + at * DAY_MS);
      expect(await read(told)).toEqual(await read(direct));
      // And nothing is left to do.
      const before = await read(told);
      await tell(
        told,
        orders.flatMap((order) => order.lines),
      );
      expect(await read(told)).toEqual(before);
      await afterwards();
    }),
    { numRuns: runs(3) },
  );
}, 300_000);

async function afterwards() {
  for (const { store } of worlds) await store.close();
  worlds = [];
}

test('an order is of the ranking in which its person touched the item last, else of the last that showed it in time', async () => {
  const one = await world();
  const user = { userId: parseUserId('ana') };
  const first = rankingOf('first', MIDNIGHT, user);
  const second = rankingOf('second', MIDNIGHT + HOUR, user);
  const third = rankingOf('third', MIDNIGHT + 2 * HOUR, user);
  await add(one, [first, second, third], [happened(second, 'click', { slot: 1 })]);
  const line = (lineId: string, itemId: string, at: number): OrderLine => ({
    lineId,
    orderId: lineId,
    kind: 'booking',
    value: 100,
    at,
    itemId: itemId as never,
    userId: user.userId,
  });
  const [a, b] = first.itemIds;
  await tell(one, [
    line('touched', b, MIDNIGHT + DAY_MS),
    line('shown', a, MIDNIGHT + DAY_MS),
    line('early', a, MIDNIGHT + HOUR / 2),
    line('too-late', a, MIDNIGHT + 9 * DAY_MS),
    line('never-shown', 'nothing', MIDNIGHT + DAY_MS),
  ]);
  expect(await stateOf(one, 'touched')).toMatchObject({ rankingId: 'second', by: 'user' });
  expect(await stateOf(one, 'shown')).toMatchObject({ rankingId: 'third', by: 'user' });
  expect(await stateOf(one, 'early')).toMatchObject({ rankingId: 'first' });
  expect(await stateOf(one, 'too-late')).toMatchObject({ why: 'not_shown_to_user' });
  expect(await stateOf(one, 'never-shown')).toMatchObject({ why: 'not_shown_to_user' });
});

test('lines that come before the page, its booking or what books the order wait for them, and count once', async () => {
  const one = await world();
  const ranking = rankingOf('r', MIDNIGHT, { arm: ARM });
  const order = { orderId: 'o', ranking, slot: 0, isOnPage: true, lines: [] };
  const refund: OrderLine = { lineId: '2', orderId: 'o', kind: 'refund', value: 40, at: LATE - 1 };
  await tell(one, [refund]);
  expect(await stateOf(one, 'o')).toMatchObject({ why: 'nothing_says_where_from' });
  await add(one, [], [pageBooking(order)]);
  await updateAccount(one.store, RULES, LATE);
  expect(await stateOf(one, 'o')).toMatchObject({ why: 'nothing_says_where_from' });
  await add(one, [ranking], []);
  await updateAccount(one.store, RULES, LATE);
  expect(await stateOf(one, 'o')).toMatchObject({ rankingId: 'r', by: 'order' });
  expect((await read(one)).training).toMatchObject({ booking: 1, booking_value: 40 });
  // What the page says after the site's server has said it is not counted besides.
  await add(one, [], [{ ...pageBooking(order), eventId: parseEventId('again'), value: 9 }]);
  expect((await read(one)).training).toMatchObject({ booking: 1, booking_value: 40 });
});

test('an order whose id a page says as a number is found all the same', async () => {
  const one = await world();
  const ranking = rankingOf('r', MIDNIGHT, { arm: ARM });
  const booking = happened(ranking, 'booking', { value: 9, properties: { orderId: 1042 } });
  await add(one, [ranking], [booking]);
  await tell(one, [{ lineId: '1', orderId: '1042', kind: 'refund', value: 4, at: LATE - 1 }]);
  expect(await stateOf(one, '1042')).toMatchObject({ rankingId: 'r', by: 'order' });
  expect((await read(one)).training).toMatchObject({ booking: 1, booking_value: 4 });
});

test('a page cannot claim an order of which the server says that it is of another ranking or user', async () => {
  const one = await world();
  const [ana, eve] = ['ana', 'eve'].map((name) => ({ userId: parseUserId(name) }));
  const hers = rankingOf('hers', MIDNIGHT, { ...ana, sessionId: parseSessionId('s-ana') });
  const forged = rankingOf('forged', MIDNIGHT, { ...eve, sessionId: parseSessionId('s-eve') });
  const claim = (orderId: string) =>
    happened(forged, 'booking', {
      eventId: parseEventId(`claim-${orderId}`),
      properties: { orderId },
    });
  await add(one, [hers, forged], [claim('named'), claim('ranked'), claim('free')]);
  const line = (orderId: string, changes: Partial<OrderLine>): OrderLine => ({
    lineId: orderId,
    orderId,
    kind: 'booking',
    value: 5,
    at: MIDNIGHT + HOUR,
    itemId: hers.itemIds[0],
    ...changes,
  });
  await tell(one, [
    line('named', ana),
    line('ranked', { rankingId: hers.rankingId }),
    line('free', { sessionId: parseSessionId('s-ana') }),
  ]);
  expect(await stateOf(one, 'named')).toMatchObject({ rankingId: 'hers', by: 'user' });
  expect(await stateOf(one, 'ranked')).toMatchObject({ rankingId: 'hers', by: 'ranking' });
  expect(await stateOf(one, 'free')).toMatchObject({ rankingId: 'forged', by: 'order' });
});

test('a line that names somebody is theirs, whoever its order is credited to', async () => {
  const one = await world();
  const [ana, eve] = ['ana', 'eve'].map((name) => ({ userId: parseUserId(name) }));
  const ranking = rankingOf('r', MIDNIGHT, eve);
  await add(one, [ranking], []);
  const { rankingId, itemIds } = ranking;
  const where = { rankingId, itemId: itemIds[0] };
  const line = { orderId: 'o', kind: 'booking', value: 5, at: MIDNIGHT + HOUR, ...where } as const;
  await tell(one, [
    { ...line, lineId: 'of-ana', ...ana },
    { ...line, lineId: 'of-nobody' },
  ]);
  await updateAccount(one.store, RULES, LATE);
  await deleteUser(one.store, eve.userId, 'test', LATE);
  const lines = () => one.store.db.all(sql`select lineId from order_lines`);
  expect(await lines()).toEqual([{ lineId: 'of-ana' }]);
  await deleteUser(one.store, ana.userId, 'test', LATE);
  expect(await lines()).toEqual([]);
});

test('why a line has no ranking, or is not stored, is told', async () => {
  const one = await world();
  const ranking = rankingOf('r', MIDNIGHT);
  await add(one, [ranking], []);
  const named = (orderId: string, changes: Partial<OrderLine>): OrderLine => ({
    lineId: orderId,
    orderId,
    kind: 'booking',
    value: 1,
    at: MIDNIGHT + HOUR,
    rankingId: ranking.rankingId,
    itemId: ranking.itemIds[0],
    ...changes,
  });
  const stored = await tell(one, [
    named('lost', { rankingId: parseRankingId('unknown') }),
    named('other', { itemId: 'other' as never }),
    named('before', { at: MIDNIGHT - 1 }),
    named('after', { at: MIDNIGHT + 8 * DAY_MS }),
    named('future', { at: LATE + DAY_MS }),
    named('good', {}),
    named('good', { value: 2 }),
  ]);
  expect(stored).toEqual([
    'stored',
    'stored',
    'stored',
    'stored',
    'in_the_future',
    'stored',
    'conflict',
  ]);
  const whys = new Map<string, string | null>();
  for (const id of ['lost', 'other', 'before', 'after', 'good'])
    whys.set(id, (await stateOf(one, id)).why);
  expect(Object.fromEntries(whys)).toEqual({
    lost: 'ranking_not_stored',
    other: 'item_not_in_ranking',
    before: 'before_ranking',
    after: 'after_window',
    good: null,
  });
});

test('who is deleted takes their orders along, and what was said of old ones is pruned', async () => {
  const one = await world();
  const userId = parseUserId('ana');
  const hers = rankingOf('hers', MIDNIGHT, { userId });
  const his = rankingOf('his', MIDNIGHT, { userId: parseUserId('ben') });
  await add(one, [hers, his], []);
  const line = (lineId: string, { rankingId, itemIds }: Decision): OrderLine => ({
    lineId,
    orderId: lineId,
    kind: 'booking',
    value: 5,
    at: MIDNIGHT + HOUR,
    rankingId,
    itemId: itemIds[0],
  });
  await tell(one, [line('of-hers', hers), line('of-his', his)]);
  await tell(one, [{ ...line('by-her', hers), userId }]);
  await updateAccount(one.store, RULES, LATE);
  await deleteUser(one.store, userId, 'test', LATE);
  const rows = () =>
    one.store.db.all(sql`select lineId, orderId from order_lines union all
      select eventId, orderLine from events where orderLine is not null union all
      select orderId, creditedRanking from orders order by 1`);
  expect(await rows()).toEqual([
    { lineId: 'of-his', orderId: 'of-his' },
    { lineId: 'of-his', orderId: 'his' },
    { lineId: 'order of-his', orderId: 'of-his' },
  ]);
  const again = await tell(one, [{ ...line('after-all', his), userId }]);
  expect(again).toEqual(['deleted_person']);
  await pruneLog(one.store, LATE + 2 * DAY_MS, LATE + 2 * DAY_MS);
  expect(await rows()).toEqual([]);
});
