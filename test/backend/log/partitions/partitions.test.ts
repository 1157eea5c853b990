import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { recordOutcomes } from '../../../../backend/log/ingest/outcomes.ts';
import { decisions as decisionTable } from '../../../../backend/store/tables.ts';
import { readTrainingSet } from '../../support/read-training-set.ts';
import { slateCount } from '../../../../backend/science/learn/training-set.ts';
import type { TrainingWindow } from '../../../../backend/log/training-set/collect.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { readPart } from '../../../../backend/log/partitions/part-file.ts';
import { readPartBytes, type Manifest } from '../../../../backend/log/partitions/partition.ts';
import {
  forgetDeleted,
  prunePartitions,
  syncPartitions,
} from '../../../../backend/log/partitions/partitions.ts';
import { readPartitions } from '../../../../backend/log/training-set/read-partitions.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS, type Filters } from '../../../../backend/log/account/filters.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { SEED } from '../../../shared/support/seed.ts';
import { startS3Server } from '../../../support/s3-server.ts';
import { crowdedDays, DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const ALL: TrainingWindow = { from: 0, to: NOON + 1000 * DAY };
const sync = async (filters?: Filters) => {
  await log.update(filters);
  return syncPartitions(log.deps(filters), smarttrip, ALL);
};

async function slatesOf(manifests: readonly Manifest[]): Promise<LoggedSlate[]> {
  const { objects } = log.deps();
  const found: LoggedSlate[] = [];
  for (const part of manifests.flatMap(({ parts }) => parts))
    found.push(...(await Array.fromAsync(readPart(await readPartBytes(objects, part)))));
  return found;
}

/** What the partitions say of each ranking's items. */
async function tallies(filters?: Filters) {
  const slates = await slatesOf(await sync(filters));
  return Object.fromEntries(slates.map((slate) => [slate.rankingId, slate.tallies]));
}

describe(`a window read from Parquet is the window read from libSQL (seed ${SEED})`, () => {
  const { decisions, events } = crowdedDays(4, 300, SEED);
  const reward = {
    click: 1,
    save: 2,
    dwell_seconds: 0.01,
    booking_value: 0.1,
    'outcome.revenue': 3,
  };

  beforeEach(async () => {
    await log.add(decisions, events);
    await recordOutcomes(
      log.store,
      decisions.slice(0, 200).map(({ sessionId, at }, i) => ({
        outcomeId: `o${i}`,
        ...(i % 2 === 0 ? { sessionId } : { userId: `user-${3 * (i % 50)}` }),
        metric: 'revenue',
        value: i / 7,
        at: at + (i % 8) * DAY,
      })),
      NOON,
    );
  });

  test.each<[string, TrainingWindow, Filters]>([
    ['all of it', ALL, NO_FILTERS],
    [
      'from the middle of a day to that of another',
      { from: NOON + DAY + 7e6, to: NOON + 2 * DAY + 9e6 },
      NO_FILTERS,
    ],
    ['what people did', ALL, DEFAULT_TRAINING_DATA.filters],
    ['what one version served', { ...ALL, servedBy: 'v000000' }, NO_FILTERS],
    ['what none did', { ...ALL, servedBy: 'v000009' }, NO_FILTERS],
  ])('%s', async (_, window, filters) => {
    const deps = log.deps(filters);
    await log.update(filters);
    const fromLog = await readTrainingSet(deps.db, smarttrip, window, reward, deps.accountRules);
    const manifests = await syncPartitions(deps, smarttrip, window);
    const fromParts = await readPartitions(deps.objects, manifests, smarttrip, window, reward);
    expect(fromParts).toEqual(fromLog);
    expect(fromLog.facts.rankings).toBe(slateCount(fromLog.set));
    expect(fromLog.set.reward.some((value) => value > 0)).toBe(window.servedBy !== 'v000009');
  });

  test('the log as it was decided, field by field', async () => {
    const slates = await slatesOf(await sync());
    expect(slates).toHaveLength(decisions.length);
    const given = new Map<string, (typeof decisions)[number]>(
      decisions.map((decision) => [decision.rankingId, decision]),
    );
    for (const slate of slates) {
      const { userId, arm, units, propensities, ...same } = given.get(slate.rankingId)!;
      expect(slate).toMatchObject({
        at: same.at,
        sessionId: same.sessionId,
        userId: userId ?? null,
        arm: arm ?? null,
        weights: same.weights,
        itemIds: same.itemIds,
        codes: same.codes,
        units: Int32Array.from(units),
        propensities: Float64Array.from(propensities),
      });
    }
  });
});

test('partitions in a store that speaks S3 are those in a folder', async () => {
  const keys = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  const server = await startS3Server(keys, 'training');
  const objects = openObjectStore({
    kind: 's3',
    endpoint: server.url,
    bucket: 'training',
    prefix: 'trimtab/',
    region: 'us-east-1',
    ...keys,
  });
  const { decisions, events } = crowdedDays(2, 100, SEED);
  await log.add(decisions, events);
  await log.update();
  const onS3 = await syncPartitions({ ...log.deps(), objects }, smarttrip, ALL);
  const reward = { click: 1, booking_value: 2 };
  expect(await readPartitions(objects, onS3, smarttrip, ALL, reward)).toEqual(
    await readPartitions(log.deps().objects, await sync(), smarttrip, ALL, reward),
  );
  expect(await prunePartitions({ objects }, '2030-01-01')).toBe(onS3.length);
  expect([...server.objects.keys()]).toEqual([]);
  await server.close();
});

test('rewards are weighed when they are read: one partition serves every reward', async () => {
  const ranking = rankingOf('r');
  await log.add([ranking], [happened(ranking, 'click'), happened(ranking, 'save', { slot: 1 })]);
  const manifests = await sync();
  const rewards = async (reward: Record<string, number>) => {
    const { objects } = log.deps();
    return [...(await readPartitions(objects, manifests, smarttrip, ALL, reward)).set.reward];
  };
  expect(await rewards({ click: 1 })).toEqual([1, 0, 0]);
  expect(await rewards({ save: 4, click: 0.5 })).toEqual([0.5, 4, 0]);
});

describe('late feedback', () => {
  const ranking = rankingOf('r');
  const late = happened(ranking, 'click', { afterMs: 6 * DAY });

  test('revises a partition while its window is open, and not once it is closed', async () => {
    await log.add([ranking], [happened(ranking, 'save')]);
    const [open] = await sync();
    expect(open).toMatchObject({ state: 'open', closesAt: Date.parse('2026-03-19T00:00:00Z') });
    await log.add([], [late]);
    expect(await tallies()).toEqual({ r: [{ save: 1, click: 1 }, undefined, undefined] });

    log.nowMs = open.closesAt;
    expect(await sync()).toMatchObject([{ state: 'open' }]);
    await log.goOnTo(open.closesAt);
    const [closed] = await sync();
    expect(closed).toMatchObject({ state: 'closed', rankings: 1, rows: 3 });
    await log.add([], [happened(ranking, 'contact', { afterMs: 5 * DAY })]);
    expect(await sync()).toEqual([closed]);
    expect(await tallies()).toEqual({ r: [{ save: 1, click: 1 }, undefined, undefined] });
  });

  test('is not credited when it comes after the window', async () => {
    await log.add([ranking], [happened(ranking, 'click', { afterMs: 7 * DAY + 1 })]);
    expect(await tallies()).toEqual({ r: [undefined, undefined, undefined] });
  });

  test('leaves a partition alone to which nothing came', async () => {
    await log.add([ranking], [late]);
    const before = await sync();
    log.nowMs += 3_600_000;
    expect(await sync()).toEqual(before);
  });
});

describe('late outcomes', () => {
  const [first, second] = [rankingOf('first'), rankingOf('second', NOON + 2 * DAY)];
  const session = { sessionId: parseSessionId('s'), userId: parseUserId('ana') };
  const decisions = [first, second].map((ranking) => ({ ...ranking, ...session }));
  const outcome = (of: object, afterMs: number, value = 50) => [
    { outcomeId: `o-${afterMs}`, metric: 'revenue', value, at: NOON + afterMs, ...of },
  ];
  const none = [undefined, undefined, undefined];

  test.each<[string, object, number, unknown[], unknown[]]>([
    [
      'of a session goes to the item that it touched last',
      { sessionId: 's' },
      3 * DAY,
      [{ click: 1 }, undefined, undefined],
      [undefined, { click: 1, 'outcome.revenue': 50 }, undefined],
    ],
    [
      'of a user too',
      { userId: 'ana' },
      3 * DAY,
      [{ click: 1 }, undefined, undefined],
      [undefined, { click: 1, 'outcome.revenue': 50 }, undefined],
    ],
    [
      'from before the second touch goes to the first',
      { userId: 'ana' },
      DAY,
      [{ click: 1, 'outcome.revenue': 50 }, undefined, undefined],
      [undefined, { click: 1 }, undefined],
    ],
    [
      'from before any touch goes nowhere',
      { userId: 'ana' },
      1000,
      [{ click: 1 }, undefined, undefined],
      [undefined, { click: 1 }, undefined],
    ],
    [
      'from after the window goes nowhere',
      { userId: 'ana' },
      9 * DAY + 1,
      [{ click: 1 }, undefined, undefined],
      [undefined, { click: 1 }, undefined],
    ],
    [
      'of somebody else goes nowhere',
      { sessionId: 't' },
      3 * DAY,
      [{ click: 1 }, undefined, undefined],
      [undefined, { click: 1 }, undefined],
    ],
  ])('%s', async (_, of, afterMs, ofFirst, ofSecond) => {
    await log.add(decisions, [
      happened(decisions[0], 'click'),
      happened(decisions[1], 'click', { slot: 1 }),
    ]);
    await sync();
    await recordOutcomes(log.store, outcome(of, afterMs), NOON);
    expect(await tallies()).toEqual({ first: ofFirst, second: ofSecond });
  });

  test('two add up', async () => {
    await log.add(decisions, [happened(decisions[0], 'save')]);
    const both = [
      ...outcome({ userId: 'ana' }, DAY, 50),
      ...outcome({ userId: 'ana' }, 2 * DAY, 8),
    ];
    await recordOutcomes(log.store, both, NOON);
    expect(await tallies()).toEqual({
      first: [{ save: 1, 'outcome.revenue': 58 }, undefined, undefined],
      second: none,
    });
  });
});

test('sessions that are no persons are left out, and what was left out is counted', async () => {
  const { filters } = DEFAULT_TRAINING_DATA;
  const bot = Array.from({ length: 80 }, (_, i) =>
    rankingOf(`bot-${i}`, NOON + i * 100, { sessionId: parseSessionId('bot') }),
  );
  const person = rankingOf('person');
  await log.add(
    [...bot, person],
    [happened(person, 'click'), happened(person, 'click', { afterMs: 5100 })],
  );
  const [manifest] = await sync(filters);
  expect(Object.keys(await tallies(filters))).toEqual(['person']);
  expect(manifest).toMatchObject({
    rankings: 1,
    filters,
    facts: {
      rankings: 81,
      kept: 1,
      clicked: 1,
      refusedSessions: { too_many_rankings: 1 },
      refusedRankings: { too_many_rankings: 80 },
      events: { duplicate: 1 },
    },
  });
});

describe('a deleted user', () => {
  const of = (name: string, user: string, at = NOON) =>
    rankingOf(name, at, { userId: parseUserId(user) });
  const decisions = [
    of('a1', 'ana'),
    of('b1', 'ben'),
    of('a2', 'ana', NOON + DAY),
    rankingOf('c1'),
  ];
  const gone = async (userId: string) => {
    await deleteUser(log.store, parseUserId(userId), 'test', log.nowMs);
    return (await forgetDeleted(log.deps())).rewritten;
  };
  const stored = async () => {
    const { objects } = log.deps();
    const keys = (await objects.list('')).filter((key) => key.endsWith('.parquet'));
    const names: string[] = [];
    for (const key of keys)
      for await (const { rankingId } of readPart((await objects.get(key))!)) names.push(rankingId);
    return names.toSorted();
  };

  test.each([
    ['open', NOON + DAY],
    ['closed', NOON + 60 * DAY],
  ])('is in no file of %s partitions any more', async (state, nowMs) => {
    await log.add(decisions);
    await sync();
    // Feedback that rebuilds a partition leaves its old parts for those who read them.
    await log.add([], [happened(decisions[0], 'click')]);
    await log.goOnTo(nowMs);
    const manifests = await sync();
    expect(manifests.map((manifest) => manifest.state)).toEqual([state, state]);
    expect(new Set(await stored())).toEqual(new Set(['a1', 'a2', 'b1', 'c1']));
    expect(await gone('ana')).toBe(2);
    expect(await stored()).toEqual(['b1', 'c1']);
    const after = await sync();
    expect(after.map(({ day, rankings }) => [day, rankings])).toEqual([['2026-03-10', 2]]);
    expect(new Set(await stored())).toEqual(new Set(['b1', 'c1']));
    expect(await gone('nobody')).toBe(0);
    expect(await stored()).toEqual(['b1', 'c1']);
  });

  test.each([
    ['open', NOON + DAY],
    ['closed', NOON + 60 * DAY],
  ])('goes with the next build of %s ones when the backend died before', async (_, nowMs) => {
    await log.add(decisions);
    await log.goOnTo(nowMs);
    await sync();
    await deleteUser(log.store, parseUserId('ana'), 'test', log.nowMs);
    await sync();
    expect(await stored()).toEqual(['b1', 'c1']);
  });
});

test('a closed partition outlives its rows in the log', async () => {
  await log.add([rankingOf('r')]);
  await log.goOnTo(NOON + 60 * DAY);
  const built = await sync();
  await log.store.write([
    log.store.db.delete(decisionTable).where(eq(decisionTable.rankingId, 'r')),
  ]);
  expect(await sync()).toEqual(built);
});

test('partitions from before a day are pruned, whole', async () => {
  await log.add([rankingOf('old'), rankingOf('new', NOON + DAY)]);
  await sync();
  expect(await prunePartitions(log.deps(), '2026-03-11')).toBe(1);
  const { objects } = log.deps();
  const left = await objects.list('');
  expect(left.filter((key) => !key.includes('/day=2026-03-11/'))).toEqual([]);
  expect(left).toHaveLength(2);
});

test('a part that is damaged is refused, and names itself and the remedy', async () => {
  await log.add([rankingOf('r')]);
  const manifests = await sync();
  const { objects } = log.deps();
  const [{ key }] = manifests[0].parts;
  const bytes = (await objects.get(key))!;
  bytes[100] ^= 1;
  await objects.put(key, bytes);
  await expect(readPartitions(objects, manifests, smarttrip, ALL, {})).rejects.toThrow(
    /part-.*\.parquet is damaged .* delete its manifest\.json/,
  );
});

test('parts that no manifest names are not read, and are cleared away by the next build', async () => {
  await log.add([rankingOf('r')]);
  const [before] = await sync();
  const { objects } = log.deps();
  const stray = before.parts[0].key.replace(/part-.*/, 'part-dead-0.parquet');
  await objects.put(stray, new Uint8Array([1, 2, 3]));
  expect(await sync()).toEqual([before]);
  await log.add([rankingOf('s')]);
  await sync();
  expect(await objects.get(stray)).toBeUndefined();
});
