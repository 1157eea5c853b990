import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLogTime } from '../../../backend/log/log-time.ts';
import { trainingData } from '../../../backend/log/training-data.ts';
import { DEFAULT_TRAINING_DATA } from '../../../backend/log/settings.ts';
import { deleteSession } from '../../../backend/log/retention/delete-session.ts';
import { deleteUser } from '../../../backend/log/retention/delete-user.ts';
import { allowUser, pruneTombstones } from '../../../backend/log/retention/tombstones.ts';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { recordOutcomes } from '../../../backend/log/ingest/outcomes.ts';
import { readWrongClock, type findWrongClock } from '../../../backend/monitor/clock.ts';
import { syncPartitions } from '../../../backend/log/partitions/partitions.ts';
import { decisions, deletedSessions, outcomes } from '../../../backend/store/tables.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { wholeDays } from '../../../shared/domain/utc-day.ts';
import { openObjectStore } from '../../../backend/log/partitions/open-object-store.ts';
import { parsePrivacy } from '../../../backend/log/retention/settings.ts';
import { someJournal } from './support/journal.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from './support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const rank = (at: number) => log.add([rankingOf(`r-${at}`, at)]);
const HOUR = 3_600_000;

test('an empty log tells no time', async () => {
  expect(await readLogTime(log.store.db, NOON)).toBeUndefined();
});

test('it is that of the newest entry up to now, be it a ranking of any schema or feedback', async () => {
  const ranking = rankingOf('r', NOON, { schemaHash: 'feedfeedfeedfeed' });
  await log.add([ranking, rankingOf('s', NOON - HOUR)]);
  expect(await readLogTime(log.store.db, NOON + DAY)).toBe(NOON);
  await log.add([], [happened(ranking, 'click', { afterMs: HOUR })]);
  expect(await readLogTime(log.store.db, NOON + DAY)).toBe(NOON + HOUR);
  expect(await readLogTime(log.store.db, NOON + HOUR - 1)).toBe(NOON);
});

test('after a gap of more than a week, entries are believed from the third day on', async () => {
  await rank(NOON);
  await rank(NOON + 6 * DAY);
  expect(await readLogTime(log.store.db, NOON + 999 * DAY)).toBe(NOON + 6 * DAY);
  const jump = NOON + 406 * DAY;
  for (const [day, believed] of [
    [0, NOON + 6 * DAY],
    [1, NOON + 6 * DAY],
    [2, jump + 2 * DAY],
  ]) {
    for (let hour = 0; hour < 5; hour++) await rank(jump + day * DAY + hour);
    expect(await readLogTime(log.store.db, NOON + 999 * DAY)).toBe(
      believed < jump ? believed : believed + 4,
    );
  }
});

test('a clock that is 400 days ahead deletes nothing, whether or not the edge goes by it too', async () => {
  const days = [0, 1, 2, 30, 31, 60, 89].map((day) => NOON + day * DAY);
  for (const at of days) await rank(at);
  await log.update();
  await syncPartitions(log.deps(), smarttrip, wholeDays({ from: NOON, to: NOON + 90 * DAY }));
  await recordOutcomes(
    log.store,
    [{ outcomeId: 'o', userId: 'ana', metric: 'revenue', value: 1, at: NOON }],
    NOON,
  );
  let nowMs = NOON + 489 * DAY;
  const service = trainingData({
    store: log.store,
    database: log.database,
    location: { kind: 'folder', path: log.folder },
    settings: { ...DEFAULT_TRAINING_DATA, retentionDays: 90 },
    maxLagMs: 300_000,
    identitySecret: 'an identity secret',
    account: { update: () => log.update() },
    keptDays: 90,
    journal: someJournal(),
    privacy: parsePrivacy({}),
    beforePrune: async () => {},
    nowMs: () => nowMs,
  });
  const stored = async () => [
    await log.store.db.$count(decisions),
    await log.store.db.$count(outcomes),
    (await openObjectStore({ kind: 'folder', path: log.folder }).list('')).length,
  ];
  try {
    const before = await stored();
    expect(before[2]).toBeGreaterThan(days.length);
    await service.prune();
    expect(await stored()).toEqual(before);
    await rank(nowMs);
    await service.prune();
    await rank((nowMs += DAY));
    await service.prune();
    expect(await stored()).toEqual([before[0] + 2, ...before.slice(1)]);
    // Time that went on is no jump for ever: with a third day it is believed, and what is old goes.
    await rank((nowMs += DAY));
    expect((await service.prune()).decisions).toBe(days.length);
    expect((await stored()).slice(0, 2)).toEqual([3, 0]);
  } finally {
    await service.stop();
  }
});

test('a backend that does not lead rids its own folder of deleted people and of days that are over', async () => {
  await rank(NOON);
  await rank(NOON + DAY);
  await log.update();
  await syncPartitions(log.deps(), smarttrip, wholeDays({ from: NOON, to: NOON + DAY }));
  const service = trainingData({
    store: log.store,
    database: log.database,
    location: { kind: 'folder', path: log.folder },
    settings: { ...DEFAULT_TRAINING_DATA, retentionDays: 90 },
    maxLagMs: 300_000,
    identitySecret: 'an identity secret',
    account: { update: () => log.update() },
    keptDays: 90,
    journal: someJournal(),
    privacy: parsePrivacy({}),
    beforePrune: async () => {},
    nowMs: () => NOON + 2 * DAY,
  });
  const days = async () =>
    new Set(
      (await openObjectStore({ kind: 'folder', path: log.folder }).list(''))
        .map((key) => /day=([0-9-]+)/.exec(key)?.[1] ?? /(\d{4}-\d{2}-\d{2})/.exec(key)?.[1])
        .filter((day) => day !== undefined),
    ).size;
  try {
    expect(await days()).toBe(2);
    // Through another backend: the rows are gone, and this folder still has them.
    await deleteSession(log.store, rankingOf(`r-${NOON}`, NOON).sessionId, 'ops', NOON + DAY);
    const left = await log.store.db.$count(decisions);
    expect(left).toBeLessThan(2);
    expect(await days()).toBe(2);
    await service.pruneOwnFolder();
    expect(await days()).toBe(left);
  } finally {
    await service.stop();
  }
});

const WAIT = 8 * DAY;
const isAllowed = async (nowMs: number) =>
  (await allowUser(log.store, 'ana', nowMs - WAIT, 'ops', nowMs, someJournal())).isAllowed;

test('a deletion by a clock that is 400 days behind lasts as long as one by the right clock', async () => {
  await rank(NOON);
  const wrongMs = NOON - 400 * DAY;
  await deleteSession(log.store, parseSessionId('a-session'), 'ops', wrongMs);
  await deleteUser(log.store, parseUserId('ana'), 'ops', wrongMs);
  const isKept = async (nowMs: number) => {
    await rank(nowMs);
    await pruneTombstones(log.store, nowMs - WAIT);
    return (await log.store.db.$count(deletedSessions)) === 1;
  };
  expect(await isKept(NOON + DAY)).toBe(true);
  expect(await isAllowed(NOON + DAY)).toBe(false);
  expect(await isKept(NOON + 9 * DAY)).toBe(false);
  expect(await isAllowed(NOON + 9 * DAY)).toBe(true);
});

test('whom a clock that is 400 days ahead deleted may be allowed again after the usual time', async () => {
  await rank(NOON);
  await deleteUser(log.store, parseUserId('ana'), 'ops', NOON + 400 * DAY);
  expect(await isAllowed(NOON + DAY)).toBe(false);
  expect(await isAllowed(NOON + 8 * DAY)).toBe(false);
  expect(await isAllowed(NOON + 9 * DAY + 1)).toBe(true);
});

test('a clock that is ahead of the log is an alert, and so are entries from the future', async () => {
  const keys = ({ findings }: ReturnType<typeof findWrongClock>) => findings.map(({ key }) => key);
  const check = async (nowMs: number) => keys(await readWrongClock(log.store, nowMs));
  expect(await check(NOON)).toEqual([]);
  await rank(NOON);
  expect(await check(NOON + 7 * DAY)).toEqual([]);
  expect(await check(NOON + 8 * DAY)).toEqual(['clock: ahead of the log']);
  await rank(NOON + 400 * DAY);
  expect(await check(NOON + 400 * DAY)).toEqual(['clock: ahead of the log']);
  expect(await check(NOON + HOUR)).toEqual(['clock: entries from the future']);
  const [{ message }] = (await readWrongClock(log.store, NOON + 400 * DAY)).findings;
  expect(message).toMatch(
    /^this machine's clock says 2027-04-14T12:00:00.000Z, 400 d after what the log tells/,
  );
});
