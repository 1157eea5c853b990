import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordOutcomes } from '../../../../backend/log/ingest/outcomes.ts';
import {
  alerts,
  batches,
  catalogueSamples,
  decisions,
  events,
  experimentReports,
  exposures,
  leases,
  onlineDeltas,
  outcomes,
} from '../../../../backend/store/tables.ts';
import { pruneRecords } from '../../../../backend/log/retention/prune-records.ts';
import { pruneLog } from '../../../../backend/log/retention/prune.ts';
import { eventOf } from '../../support/decisions.ts';
import { keepingRecords } from '../support/journal.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const CUT = Date.parse('2026-03-10T00:00:00Z');
const outcome = (outcomeId: string, at: number) => ({
  outcomeId,
  userId: 'ana',
  metric: 'revenue',
  value: 1,
  at,
});

test('what is older goes, with its feedback, and what is not stays', async () => {
  const [old, edge, young] = [
    rankingOf('old', CUT - 1),
    rankingOf('edge', CUT),
    rankingOf('young', NOON),
  ];
  const other = rankingOf('other', CUT - DAY, { schemaHash: 'feedfeedfeedfeed' });
  log.nowMs = CUT - DAY;
  await log.add([old, other], [happened(other, 'click')]);
  log.nowMs = NOON;
  await log.add(
    [edge, young],
    [
      // Late feedback of an old ranking goes with it, young as it is.
      happened(old, 'click', { afterMs: 5 * DAY }),
      happened(young, 'click'),
      eventOf('lost', 'never-stored', { receivedAt: CUT - 1 }),
      eventOf('lost-lately', 'never-stored', { receivedAt: CUT }),
    ],
  );
  await recordOutcomes(log.store, [outcome('o1', CUT - 1), outcome('o2', CUT)], NOON);
  expect(await pruneLog(log.store, CUT, CUT)).toEqual({
    decisions: 2,
    events: 3,
    outcomes: 1,
    batches: 1,
  });
  const { db } = log.store;
  const names = async (rows: Promise<Record<string, string>[]>) =>
    (await rows).flatMap((row) => Object.values(row)).toSorted();
  expect(await names(db.select({ id: decisions.rankingId }).from(decisions))).toEqual([
    'edge',
    'young',
  ]);
  expect(await names(db.select({ id: events.rankingId }).from(events))).toEqual([
    'never-stored',
    'young',
  ]);
  expect(await names(db.select({ id: outcomes.outcomeId }).from(outcomes))).toEqual(['o2']);
  expect(await db.$count(batches)).toBe(1);
  expect(await pruneLog(log.store, CUT, CUT)).toEqual({
    decisions: 0,
    events: 0,
    outcomes: 0,
    batches: 0,
  });
});

test('outcomes stay for as long as long-term values are waited for', async () => {
  await recordOutcomes(
    log.store,
    [outcome('o1', CUT - 300 * DAY - 1), outcome('o2', CUT - 300 * DAY), outcome('o3', CUT - 1)],
    NOON,
  );
  expect(await pruneLog(log.store, CUT, CUT - 300 * DAY)).toMatchObject({ outcomes: 1 });
  const left = await log.store.db.select().from(outcomes);
  expect(left.map(({ outcomeId }) => outcomeId)).toEqual(['o2', 'o3']);
});

test('of an experiment the last report stays, and those of the log’s days; alerts stay until long after they are over', async () => {
  const { db } = log.store;
  const report = (experiment: string, at: number) => ({
    experiment,
    at,
    statistics: { of: at },
    report: {},
  });
  const alert = (key: string, changes: Partial<typeof alerts.$inferInsert>) => ({
    key,
    kind: 'drift',
    message: key,
    details: {},
    openedAt: 1,
    lastSeenAt: 1,
    notifiedAt: 2,
    ...changes,
  });
  const long = CUT - 300 * DAY;
  await log.store.write([
    db
      .insert(experimentReports)
      .values([
        report('old', CUT - 3),
        report('old', CUT - 1),
        report('old', CUT - 2),
        report('runs', CUT - 1),
        report('runs', CUT),
        report('runs', CUT + 1),
      ]),
    db
      .insert(alerts)
      .values([
        alert('open', {}),
        alert('over', { resolvedAt: long - 1, recoveryNotifiedAt: long }),
        alert('over, and never told', { resolvedAt: long - 1, notifiedAt: null }),
        alert('over, to be told', { resolvedAt: long - 1 }),
        alert('over lately', { resolvedAt: long, recoveryNotifiedAt: long }),
      ]),
  ]);
  await log.store.write([
    db.insert(leases).values([
      { name: 'backend of before', holder: 'a', expiresAt: CUT - 1 },
      { name: 'leader', holder: 'b', expiresAt: CUT },
    ]),
  ]);
  await pruneRecords(log.store, CUT, long, long, keepingRecords(CUT));
  expect((await db.select().from(leases)).map(({ name }) => name)).toEqual(['leader']);
  const reports = await db.select().from(experimentReports);
  expect(reports.map(({ experiment, at }) => [experiment, at - CUT])).toEqual([
    ['old', -1],
    ['runs', 0],
    ['runs', 1],
  ]);
  const left = await db.select().from(alerts);
  expect(left.map(({ key }) => key)).toEqual(['open', 'over, to be told', 'over lately']);
});

test('exposures go with their rankings', async () => {
  const arm = 'exp_1:b exp_2:a';
  await log.add([rankingOf('old', CUT - 1, { arm }), rankingOf('young', CUT, { arm })]);
  await pruneLog(log.store, CUT, CUT);
  const left = await log.store.db.select().from(exposures);
  expect(left.map(({ experiment, rankingId }) => [experiment, rankingId])).toEqual([
    ['exp_1', 'young'],
    ['exp_2', 'young'],
  ]);
});

test('many rows go in small transactions, between which others write', async () => {
  const old = Array.from({ length: 1700 }, (_, i) => rankingOf(`old-${i}`, CUT - 1 - i));
  await log.add(
    old,
    old.flatMap((ranking) => [happened(ranking, 'click'), happened(ranking, 'save')]),
  );
  const sizes: number[] = [];
  const store = {
    ...log.store,
    write: async (...args: Parameters<Log['store']['write']>) => {
      const changed = await log.store.write(...args);
      // Decisions, where they go with what is theirs.
      sizes.push(changed[changed.length > 3 ? 2 : 0]);
      return changed;
    },
  };
  const [pruned] = await Promise.all([
    pruneLog(store, CUT, CUT),
    log.add([rankingOf('meanwhile')]),
  ]);
  expect(pruned).toMatchObject({ decisions: 1700, events: 3400 });
  expect(Math.max(...sizes)).toBe(500);
  expect(await log.store.db.$count(decisions)).toBe(1);
});

test('samples of the catalogue go with the log', async () => {
  const { store } = log;
  const sample = { schemaHash: 'feedfeedfeedfeed', items: 1, bytes: Buffer.from('x') };
  await store.write([
    store.db.insert(catalogueSamples).values([
      { ...sample, day: CUT - DAY },
      { ...sample, day: CUT },
    ]),
  ]);
  await pruneRecords(store, CUT, CUT - 100 * DAY, CUT - 300 * DAY, keepingRecords(CUT));
  const left = await store.db.select({ day: catalogueSamples.day }).from(catalogueSamples);
  expect(left).toEqual([{ day: CUT }]);
});

test('deltas go once no ranking that is left can have been drawn with them', async () => {
  const row = { arm: 'champion', version: 'v000000', content: Buffer.of(0) };
  const at = [CUT - 2 * DAY, CUT - DAY, CUT + DAY];
  await log.store.write([
    log.store.db
      .insert(onlineDeltas)
      .values(at.map((ms, i) => ({ ...row, number: i + 1, at: ms }))),
  ]);
  await pruneLog(log.store, CUT, CUT);
  const left = await log.store.db.select({ number: onlineDeltas.number }).from(onlineDeltas);
  // The second was served until the third came, after the cut.
  expect(left).toEqual([{ number: 2 }, { number: 3 }]);
});
