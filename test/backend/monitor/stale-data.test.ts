import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findStaleData, type LastTimes } from '../../../backend/monitor/stale-data.ts';
import { readLastTimes } from '../../../backend/monitor/read-last-times.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { items, metricWeights, runs, snapshots } from '../../../backend/store/tables.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const HOUR = DAY / 24;
const FRESH: LastTimes = {
  firstRankingAt: NOON - 90 * DAY,
  rankingAt: NOON - 1000,
  eventAt: NOON - 1000,
  trainedAt: NOON - DAY,
  trainsDaily: true,
  metricWeightsLearnedAt: NOON - DAY,
  itemsChangedAt: NOON - DAY,
  snapshotAt: NOON - DAY + 1000,
};
const look = (changes: Partial<LastTimes>) =>
  findStaleData({ ...FRESH, ...changes }, DEFAULT_MONITORS.stale, NOON);

test.each<[string, Partial<LastTimes>, string[]]>([
  ['all is fresh', {}, []],
  ['nobody ranks', { rankingAt: NOON - 13 * HOUR }, ['nothing was ranked: for 13 h, over 12 h']],
  [
    'nobody ranks, so nobody clicks',
    { rankingAt: NOON - 30 * HOUR, eventAt: NOON - 30 * HOUR },
    ['nothing was ranked: for 30 h, over 12 h'],
  ],
  [
    'feedback stopped',
    { eventAt: NOON - 25 * HOUR },
    ['rankings are served, but no feedback came: for 25 h, over 24 h'],
  ],
  [
    'feedback never came',
    { eventAt: null },
    ['rankings are served, but no feedback came: for 90 d, over 24 h'],
  ],
  [
    'training fails',
    { trainedAt: NOON - 4 * DAY },
    ['no training succeeded ("trimtab runs" says why): for 4 d, over 3 d'],
  ],
  ['training is started by hand', { trainedAt: NOON - 40 * DAY, trainsDaily: false }, []],
  [
    'metric weights stand still',
    { metricWeightsLearnedAt: NOON - 5 * DAY },
    ['metric weights were not learned again: for 5 d, over 3 d'],
  ],
  [
    'the catalogue is old',
    { itemsChangedAt: NOON - 31 * DAY, snapshotAt: NOON - 31 * DAY },
    ['the catalogue has not changed: for 31 d, over 30 d'],
  ],
  [
    'a change is not at the edge',
    { itemsChangedAt: NOON - HOUR, snapshotAt: NOON - DAY },
    ['the catalogue has changes that are not at the edge: for 1 h, over 30 min'],
  ],
  ['a change is on its way', { itemsChangedAt: NOON - HOUR / 4, snapshotAt: NOON - DAY }, []],
])('%s', (_, changes, messages) => {
  expect(look(changes).findings.map(({ message }) => message)).toEqual(messages);
});

test('of what never began nothing is told', () => {
  const never = Object.fromEntries(Object.keys(FRESH).map((name) => [name, null]));
  const { findings, unknown } = look({ ...(never as Partial<LastTimes>), trainsDaily: true });
  expect(findings).toEqual([]);
  expect(unknown).toEqual(
    ['rankings', 'feedback', 'training', 'metric weights', 'catalogue'].map(
      (what) => `stale data: ${what}`,
    ),
  );
});

describe('read from the store', () => {
  let log: Log;
  beforeEach(async () => {
    log = await openLog();
  });
  afterEach(() => log.close());

  test('nothing, where there is nothing', async () => {
    const times = await readLastTimes(log.store, true);
    expect(new Set(Object.values(times))).toEqual(new Set([null, true]));
  });

  test('the newest of each', async () => {
    const { db } = log.store;
    const rankings = [3, 1, 2].map((n) =>
      rankingOf(`r${n}`, NOON + n, { schemaHash: n === 1 ? 'b'.repeat(16) : 'a'.repeat(16) }),
    );
    await log.add(rankings, [happened(rankings[0], 'click'), happened(rankings[1], 'click')]);
    const run = (id: string, finishedAt: number, changes = {}) =>
      db.insert(runs).values({
        id,
        status: 'done',
        params: {},
        progress: {},
        startedAt: 1,
        finishedAt,
        ...changes,
      });
    const weights = (source: 'learned' | 'override', createdAt: number, changes = {}) =>
      db.insert(metricWeights).values({
        schemaName: 's',
        weights: {},
        author: 'a',
        reason: 'r',
        source,
        createdAt,
        ...changes,
      });
    await log.store.write([
      run('1', 50),
      run('2', 40),
      run('failed', 60, { status: 'failed' }),
      run('comparison', 70, { params: { kind: 'comparison' } }),
      weights('learned', 5),
      weights('learned', 6, { method: 'importance', details: { abstains: 'too few units' } }),
      weights('override', 9),
      db.insert(items).values({ id: 'i', attributes: {}, updatedAt: 7 }),
      db.insert(snapshots).values({
        hash: 'h',
        schemaHash: 's',
        items: 1,
        sizeBytes: 1,
        parts: 1,
        publishedAt: 8,
      }),
    ]);
    expect(await readLastTimes(log.store, false)).toEqual({
      firstRankingAt: NOON + 1,
      rankingAt: NOON + 3,
      eventAt: NOON + 3 + 5000,
      trainedAt: 50,
      trainsDaily: false,
      metricWeightsLearnedAt: 5,
      itemsChangedAt: 7,
      snapshotAt: 8,
    });
    await log.store.write([weights('learned', 10, { details: { abstains: 'no skill' } })]);
    expect(await readLastTimes(log.store, false)).toMatchObject({ metricWeightsLearnedAt: null });
  });
});
