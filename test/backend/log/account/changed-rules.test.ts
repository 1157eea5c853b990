import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prunedBefore } from '../../../../backend/log/account/pruned-before.ts';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { pruneLog } from '../../../../backend/log/retention/prune.ts';
import { parseSessionId } from '../../../../shared/domain/ids.ts';
import { floorToDay } from '../../../../shared/domain/utc-day.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const faults = () =>
  log.store.db.all(sql`select sessionId, fault from session_days order by sessionId`);
const forget = (table: string) => ({
  toSQL: () => ({ sql: `delete from ${table}`, params: [] }),
});

test('after a change of the rules a day’s dwelling is counted from the new verdicts alone', async () => {
  const before: Rules = {
    attributionDays: 7,
    filters: { ...NO_FILTERS, maxClicksWithoutDwell: 1, duplicateWithinMs: 5 },
  };
  const after: Rules = {
    attributionDays: 7,
    filters: { ...NO_FILTERS, maxClicksWithoutDwell: 1, minReactionMs: 6000 },
  };
  // Those who click fast and dwell are bots by the new rules; of the others few dwell, so dwelling is not logged.
  const visits = [
    ...['f0', 'f1', 'f2', 'f3'].map((session) => ({ session, clickedMs: 5000, dwells: true })),
    { session: 'a', clickedMs: 9000, dwells: true },
    { session: 'b', clickedMs: 9000, dwells: false },
    { session: 'c', clickedMs: 9000, dwells: false },
  ];
  const rankings = visits.map(({ session }, i) =>
    rankingOf(session, NOON + i, { sessionId: parseSessionId(session) }),
  );
  const events = visits.flatMap(({ clickedMs, dwells }, i) => [
    happened(rankings[i], 'click', { afterMs: clickedMs }),
    ...(dwells ? [happened(rankings[i], 'dwell', { afterMs: 9500, value: 3 })] : []),
  ]);
  await log.add(rankings, events);
  await updateAccount(log.store, before, NOON);
  await updateAccount(log.store, after, NOON);
  const changed = await faults();
  await log.store.write([forget('log_marks'), forget('session_days')]);
  await updateAccount(log.store, after, NOON);
  expect(changed).toEqual(await faults());
  expect(changed).toContainEqual({ sessionId: 'b', fault: null });
});

test('how far the log was deleted is known, whatever the retention is set to later', async () => {
  const day = (n: number) => floorToDay(NOON + n * DAY);
  await log.add([rankingOf('old', NOON), rankingOf('new', NOON + 40 * DAY)]);
  expect(await prunedBefore(log.store.db)).toBe(0);
  await pruneLog(log.store, day(30), day(0));
  expect(await prunedBefore(log.store.db)).toBe(day(30));
  // A longer retention prunes nothing, and takes nothing back.
  await pruneLog(log.store, day(10), day(0));
  expect(await prunedBefore(log.store.db)).toBe(day(30));
});

test('a store that was pruned before that was noted tells it by the units that it stores', async () => {
  await log.add([rankingOf('new', NOON + 40 * DAY)]);
  const unit = (firstAt: number) => ({
    toSQL: () => ({
      sql: `insert into experiment_units (experiment, unit, "firstAt", arm, arms, visitor, refused, after, "before")
        values ('exp', ?, ?, 'control', 1, 'new', 0, '{}', '{}')`,
      params: [`unit-${firstAt}`, firstAt],
    }),
  });
  await log.store.write([unit(NOON + 41 * DAY)]);
  expect(await prunedBefore(log.store.db)).toBe(0);
  await log.store.write([unit(NOON)]);
  expect(await prunedBefore(log.store.db)).toBe(NOON + 40 * DAY);
});
