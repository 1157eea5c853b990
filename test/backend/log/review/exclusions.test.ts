import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readArrived } from '../../../../backend/log/account/read-arrived.ts';
import { readShown } from '../../../../backend/log/account/read-shown.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { leaveOut, liftExclusion, listExclusions } from '../../../../backend/log/exclusions.ts';
import { readLoggedRequests } from '../../../../backend/log/logged-requests.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { reviewSessions } from '../../../../backend/log/review/sessions.ts';
import { anomalies } from '../../../../backend/log/review/anomalies.ts';
import { clicksByDay } from '../../../../backend/experiments/clicks.ts';
import { audit } from '../../../../backend/store/tables.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { DAY, FEATURES, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

const SPAN = { from: NOON - DAY, to: NOON + 30 * DAY };
const REQUEST = { request: '{"preferences":{"themes":["food"]}}' };
const anna = { userId: parseUserId('anna') };
const decisions = [
  rankingOf('one', NOON, { sessionId: parseSessionId('s-1'), ...REQUEST }),
  rankingOf('two', NOON + DAY, { sessionId: parseSessionId('s-1'), ...REQUEST }),
  rankingOf('three', NOON + 1000, { sessionId: parseSessionId('s-2'), ...anna, ...REQUEST }),
  rankingOf('four', NOON + 2000, { sessionId: parseSessionId('s-3'), ...REQUEST }),
];

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + 2 * DAY);
  await log.add(
    decisions,
    decisions.map((decision) => happened(decision, 'click')),
  );
  await log.update();
});
afterEach(() => log.close());

/** How many rankings each of those that learn or evaluate reads. */
async function learnedFrom() {
  const { db } = log.store;
  await log.update();
  const manifests = await syncPartitions(log.deps(), smarttrip, SPAN);
  const shown = await readShown(db, SPAN, 100);
  const arrived = await readArrived(
    db,
    {
      version: RULES_VERSION,
      features: FEATURES,
      rules: { attributionDays: 7, filters: NO_FILTERS },
      from: { decisions: null, events: null },
      to: { decisions: { rowid: 1000, key: '' }, events: { rowid: 1000, key: '' } },
      misses: 'all',
      spans: [],
    },
    new Set(),
  );
  return {
    partitions: manifests.reduce((sum, { facts }) => sum + facts.kept, 0),
    byHand: manifests.reduce(
      (sum, { facts }) => sum + (facts.refusedRankings.left_out_by_hand ?? 0),
      0,
    ),
    learnedColumns: shown.at.length,
    online: arrived.rankings.length,
    cover: (await readLoggedRequests(db, smarttrip.hash, [SPAN], 1000)).length,
    // A report of what people did: it counts everybody.
    clicks: (await clicksByDay(log.store, SPAN)).reduce((sum, { clicked }) => sum + clicked, 0),
  };
}

const reading = (n: number) => ({
  partitions: n,
  byHand: 4 - n,
  learnedColumns: n,
  online: n,
  cover: n,
  clicks: 4,
});
const why = { reason: 'a test of our own', by: 'bea' };

describe('what somebody left out', () => {
  test('is read by nothing that learns or evaluates, on any of its days, and again once that is lifted', async () => {
    expect(await learnedFrom()).toEqual(reading(4));
    const session = await leaveOut(log.store, { kind: 'session', subject: 's-1' }, why, NOON);
    expect(await learnedFrom()).toEqual(reading(2));
    await leaveOut(log.store, { kind: 'user', subject: 'anna' }, why, NOON);
    expect(await learnedFrom()).toEqual(reading(1));
    await liftExclusion(
      log.store,
      session.id,
      { reason: 'it was a customer', by: 'carl' },
      NOON + 1,
    );
    expect(await learnedFrom()).toEqual(reading(3));
    const listed = await listExclusions(log.store);
    expect(listed.map(({ subject, liftedBy }) => [subject, liftedBy])).toEqual([
      ['anna', null],
      ['s-1', 'carl'],
    ]);
  });

  test('also on days that are closed', async () => {
    await log.goOnTo(NOON + 20 * DAY);
    await learnedFrom();
    await leaveOut(log.store, { kind: 'session', subject: 's-1' }, why, NOON);
    await log.update();
    const manifests = await syncPartitions(log.deps(), smarttrip, {
      from: SPAN.from,
      to: NOON + 2 * DAY,
    });
    expect(manifests.reduce((sum, { facts }) => sum + facts.kept, 0)).toBe(2);
  });

  test('is audited without the id, and goes with the data of whom it is', async () => {
    await leaveOut(log.store, { kind: 'user', subject: 'anna' }, why, NOON);
    await deleteUser(log.store, parseUserId('anna'), 'dora', NOON + 1);
    expect(await listExclusions(log.store)).toEqual([]);
    const entries = await log.store.db.select().from(audit);
    expect(JSON.stringify(entries)).not.toContain('anna');
    expect(entries.map(({ action, actor }) => [action, actor])).toContainEqual([
      'leave out of training',
      'bea',
    ]);
    // Numbers are never given again: the audit log names them.
    const next = await leaveOut(log.store, { kind: 'session', subject: 's-3' }, why, NOON + 2);
    expect(next.id).toBe(2);
  });

  test('two at the same instant have numbers of their own, by which the audit log names them', async () => {
    const both = await Promise.all(
      ['s-1', 's-3'].map((subject) => leaveOut(log.store, { kind: 'session', subject }, why, NOON)),
    );
    expect(both.map(({ subject }) => subject)).toEqual(['s-1', 's-3']);
    const entries = await log.store.db.select().from(audit);
    const named = entries
      .map(({ subject }) => subject)
      .filter((one) => one.startsWith('exclusion'));
    expect(named.toSorted()).toEqual(both.map(({ id }) => `exclusion ${id}`).toSorted());
    expect(new Set(named).size).toBe(2);
  });

  test('is refused twice, of nobody, and lifted once', async () => {
    const { id } = await leaveOut(log.store, { kind: 'session', subject: 's-1' }, why, NOON);
    await expect(
      leaveOut(log.store, { kind: 'session', subject: 's-1' }, why, NOON),
    ).rejects.toMatchObject({ status: 409, code: 'left_out_already' });
    await expect(
      leaveOut(log.store, { kind: 'user', subject: 's-1' }, why, NOON),
    ).rejects.toMatchObject({ status: 404 });
    await liftExclusion(log.store, id, why, NOON);
    await expect(liftExclusion(log.store, id, why, NOON)).rejects.toMatchObject({ status: 404 });
    await leaveOut(log.store, { kind: 'session', subject: 's-1' }, why, NOON);
    expect(await learnedFrom()).toEqual(reading(2));
  });

  test('is shown with the session as it was seen', async () => {
    await leaveOut(log.store, { kind: 'session', subject: 's-1' }, why, NOON);
    const { db } = log.store;
    const all = await reviewSessions(db, SPAN, { most: 50, draw: 1 });
    expect(
      all.map(({ sessionId, rankings }) => [sessionId, rankings.map((one) => one.why)]),
    ).toEqual([
      ['s-1', ['left_out_by_hand', 'left_out_by_hand']],
      ['s-2', [null]],
      ['s-3', [null]],
    ]);
    expect(all[1].rankings[0].events).toMatchObject([{ type: 'click', afterMs: 5000, fault: '' }]);
    const of = { kind: 'user', subject: 'anna' } as const;
    expect(await reviewSessions(db, SPAN, { most: 50, draw: 1, of })).toEqual([all[1]]);
    expect(await reviewSessions(db, SPAN, { most: 1, draw: 3 })).toHaveLength(1);
  });
});

test('an hour, a source and a visitor unlike the others are marked, and ordinary ones are not', async () => {
  const rush = Array.from({ length: 300 }, (_, n) =>
    rankingOf(`rush-${n}`, NOON + 5 * DAY + n * 1000, {
      sessionId: parseSessionId(n < 200 ? 'one-of-them' : `rush-${n}`),
      ...(n < 200 && { itemSource: 'browser' as const }),
    }),
  );
  const usual = Array.from({ length: 12 }, (_, day) =>
    Array.from({ length: 10 }, (__, n) =>
      rankingOf(`usual-${day}-${n}`, NOON + (day - 2) * DAY + n * 60_000, {
        itemSource: 'catalogue',
        sessionId: parseSessionId(`usual-${day}-${n}`),
      }),
    ),
  ).flat();
  await log.goOnTo(NOON + 10 * DAY);
  await log.add([...usual, ...rush]);
  // Days that are closed take nothing in any more.
  await log.update(NO_FILTERS, 60);
  const span = { from: NOON - 3 * DAY, to: NOON + 10 * DAY };
  const found = await anomalies(log.store.db, span, NOON + 10 * DAY);
  expect(
    found.hours.filter(({ isMarked }) => isMarked).map(({ at, rankings }) => [at, rankings]),
  ).toEqual([[NOON + 5 * DAY, 310]]);
  expect(found.sources.map(({ source, at }) => [source, at])).toEqual([
    ['main, items from before it was logged', NOON + 5 * DAY - DAY / 2],
    ['main, items from browser', NOON + 5 * DAY - DAY / 2],
  ]);
  expect(found.visitors.map(({ subject }) => subject)).toEqual(['one-of-them']);
});
