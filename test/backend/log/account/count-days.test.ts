import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { pruneLog } from '../../../../backend/log/retention/prune.ts';
import { pruneRecords } from '../../../../backend/log/retention/prune-records.ts';
import { dailyCounts } from '../../../../backend/store/tables.ts';
import { parseItemId, parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { floorToDay } from '../../../../shared/domain/utc-day.ts';
import { keepingRecords } from '../support/journal.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
});
afterEach(() => log.close());

const items = (...ids: string[]) => ({ itemIds: ids.map(parseItemId) });
const MIDNIGHT = floorToDay(NOON);
/** The first moment at which feedback of that day cannot count any more. */
const CLOSED = MIDNIGHT + 9 * DAY;

/** `[days after the first, item, metric, count]`. */
async function counts(): Promise<unknown[]> {
  const rows = await log.store.db
    .select()
    .from(dailyCounts)
    .orderBy(dailyCounts.day, dailyCounts.itemId, dailyCounts.metric);
  return rows.map(({ day, itemId, metric, count }) => [
    (day - MIDNIGHT) / DAY,
    itemId,
    metric,
    count,
  ]);
}

test('a day is counted when it closes, by item and metric, as the account counts', async () => {
  const first = rankingOf('first', NOON, items('a', 'b'));
  const second = rankingOf('second', NOON + 1000, {
    ...items('b', 'c'),
    sessionId: parseSessionId('another'),
  });
  const next = rankingOf('next', NOON + DAY, items('a'));
  await log.add(
    [first, second, next],
    [
      happened(first, 'click', { afterMs: 5000 }),
      // Of the first day's ranking, though it happened on the next.
      happened(first, 'booking', { afterMs: DAY }),
      happened(second, 'click', { afterMs: 5000 }),
    ],
  );
  await log.update();
  expect(await counts()).toEqual([]);
  await log.goOnTo(CLOSED);
  await log.update();
  expect(await counts()).toEqual([
    [0, 'a', 'booking', 1],
    [0, 'a', 'click', 1],
    [0, 'a', 'shown', 1],
    [0, 'b', 'click', 1],
    [0, 'b', 'shown', 2],
    [0, 'c', 'shown', 1],
  ]);
  // Again, after more of the same: a closed day stays as it is.
  await log.add([rankingOf('late', NOON, items('a'))]);
  await log.goOnTo(CLOSED + DAY);
  await log.update();
  expect((await counts()).slice(0, 6)).toEqual([
    [0, 'a', 'booking', 1],
    [0, 'a', 'click', 1],
    [0, 'a', 'shown', 1],
    [0, 'b', 'click', 1],
    [0, 'b', 'shown', 2],
    [0, 'c', 'shown', 1],
  ]);
  expect(await counts()).toContainEqual([1, 'a', 'shown', 1]);
});

test('what bots did is not in it', async () => {
  const { filters } = DEFAULT_TRAINING_DATA;
  const person = rankingOf('person', NOON, items('a'));
  const crawled = Array.from({ length: 61 }, (_, i) =>
    rankingOf(`crawled-${i}`, NOON + i, { ...items('a'), sessionId: parseSessionId('crawler') }),
  );
  await log.add([person, ...crawled]);
  await log.goOnTo(CLOSED);
  await log.update(filters);
  expect(await counts()).toEqual([[0, 'a', 'shown', 1]]);
});

test('no id of a session or user is stored, and a deleted user is not counted', async () => {
  const ana = { sessionId: parseSessionId('s-ana'), userId: parseUserId('ana') };
  const own = rankingOf('own', NOON, { ...items('a'), ...ana });
  await log.add([own, rankingOf('other', NOON, items('a'))], [happened(own, 'click')]);
  await log.update();
  await deleteUser(log.store, parseUserId('ana'), 'test', log.nowMs);
  await log.goOnTo(CLOSED);
  await log.update();
  expect(await counts()).toEqual([[0, 'a', 'shown', 1]]);
  const columns = await log.store.db.all<{ name: string }>(
    sql`select name from pragma_table_info('daily_counts')`,
  );
  expect(columns.map(({ name }) => name)).toEqual(['day', 'itemId', 'metric', 'count', 'account']);
});

test('the counts outlive the log, under other rules too, and go after a time of their own', async () => {
  await log.add([rankingOf('old', NOON, items('a')), rankingOf('new', NOON + DAY, items('b'))]);
  await log.goOnTo(CLOSED + DAY);
  await log.update();
  const both = [
    [0, 'a', 'shown', 1],
    [1, 'b', 'shown', 1],
  ];
  expect(await counts()).toEqual(both);
  await pruneLog(log.store, MIDNIGHT + DAY, MIDNIGHT + DAY);
  // Other rules count what is left of the log anew, and nothing twice.
  await log.update(DEFAULT_TRAINING_DATA.filters);
  expect(await counts()).toEqual(both);
  await pruneRecords(log.store, 0, 0, MIDNIGHT, keepingRecords());
  expect(await counts()).toEqual(both);
  await pruneRecords(log.store, 0, 0, MIDNIGHT + DAY, keepingRecords());
  expect(await counts()).toEqual([[1, 'b', 'shown', 1]]);
});
