import { timeGoesOn } from '../../support/time-goes-on.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { statement } from '../../../../backend/log/account/mark.ts';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS, type Filters } from '../../../../backend/log/account/filters.ts';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { recordOutcomes, type Outcome } from '../../../../backend/log/ingest/outcomes.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import type { Manifest } from '../../../../backend/log/partitions/partition.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { versions } from '../../../../backend/models/versions.ts';
import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import {
  NO_SESSION,
  parseEventId,
  parseSessionId,
  parseUserId,
} from '../../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../../shared/domain/placement.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { runs, SEED } from '../../../shared/support/seed.ts';
import { borrowStore } from '../../../support/borrow-store.ts';
import { sized } from '../../../support/size.ts';
import {
  emptyFacts,
  everybodyIn,
  everyReader,
  FACTS,
  MIDNIGHT,
  type Facts,
} from '../support/every-reader.ts';
import { happened, rankingOf } from '../support/log.ts';
import { slowAccount, type WholeLog } from '../support/slow-account.ts';

const STRICT: Filters = {
  ...DEFAULT_TRAINING_DATA.filters,
  maxRankingsPerMinute: 2,
  minReactionMs: 500,
  minFastActions: 2,
  maxClickedShare: 0.5,
  minShownItems: 6,
  maxClicksWithoutDwell: 2,
  maxEventsPerRanking: 5,
};
const RULES: Rules = { attributionDays: 7, filters: DEFAULT_TRAINING_DATA.filters };
const [MINUTE, HOUR] = [60_000, 3_600_000];

let folder: string;
let backends: Store[];
let experiments: Experiment[];
beforeAll(async () => {
  const store = await borrowStore();
  backends = [store, await openStore({ url: store.url })];
  await versions(store, () => 1).ensureRules(smarttrip);
  experiments = await everybodyIn(store);
});
afterAll(async () => {
  for (const store of backends.toReversed()) await store.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-account-'));
});
afterEach(async () => {
  await emptied();
  rmSync(folder, { recursive: true });
});

const ARM = 'exp_1:control exp_2:control exp_3:control';
const shown = (name: string, at: number, session: string, changes: Partial<Decision> = {}) =>
  rankingOf(name, at, {
    arm: ARM,
    teams: Uint8Array.of(0, 1, 1),
    sessionId: parseSessionId(session),
    ...changes,
  });

const read = (rules: Rules, at: readonly number[], partitions = 'partitions') =>
  everyReader(backends[0], experiments, join(folder, partitions), rules, at);

test('two sessions of one user, four clicks 800 ms apart and an outcome of 100 known by user only: every reader says 2 clicks and 100', async () => {
  const user = { userId: parseUserId('ana') };
  const [first, second] = [
    shown('first', MIDNIGHT, 'one', user),
    shown('second', MIDNIGHT + HOUR, 'two', user),
  ];
  const clicks = [0, 800, 1600, 2400].map((afterMs) =>
    happened(second, 'click', { afterMs: 10_000 + afterMs }),
  );
  await ingest(
    backends[0],
    { batchId: 'all', decisions: [first, second], events: clicks },
    MIDNIGHT,
  );
  await recordOutcomes(
    backends[0],
    [{ outcomeId: 'o', userId: 'ana', metric: 'value', value: 100, at: MIDNIGHT + DAY_MS }],
    MIDNIGHT,
  );
  await updateAccount(backends[0], RULES, 0);
  const found = await read(RULES, [MIDNIGHT]);
  const all: Facts = { ...emptyFacts(), rankings: 2, click: 2, 'outcome.value': 100 };
  expect(found).toMatchObject({
    training: all,
    sessions: all,
    users: all,
    experimentBySession: all,
    experimentByUser: all,
    clickedRankings: { training: 1, clickThrough: 1, quality: 1 },
    shownRankings: { training: 2, clickThrough: 2, monitors: 2, quality: 2 },
    clickedSoon: 1,
    clickedItems: { training: 1, interleaving: 1 },
    faults: { duplicate: 2 },
  });
});

const TYPES = [
  'click',
  'click',
  'click',
  'dwell',
  'save',
  'contact',
  'booking_start',
  'booking',
  'cancel',
  'payment',
] as const;

/** A few visitors around three midnights: people and bots, double clicks, wrong clocks, late feedback, orphans. */
function randomLog(seed: number): WholeLog {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)];
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let n = 0; n < 40; n++) {
    const session = below(10);
    const at =
      MIDNIGHT + below(3) * DAY_MS + pick([-1, 1, 1]) * below(4) * pick([400, 20 * MINUTE]);
    const decision = shown(`r${n}`, at, `s${session}`, { userId: parseUserId(`u${session >> 1}`) });
    decisions.push(decision);
    for (let i = below(6); i > 0; i--) {
      const type = pick(TYPES);
      const afterMs = pick([300, 900, 1700, 2500, HOUR, 7 * HOUR, 2 * DAY_MS, 8 * DAY_MS]);
      const { eventId, ...event } = happened(decision, type, {
        slot: below(2),
        afterMs,
        ...(random() < 0.1 && { timestamp: at + pick([-3, 30]) * HOUR }),
        ...(['dwell', 'booking', 'payment'].includes(type) && { value: below(4) }),
      });
      events.push({ ...event, eventId: parseEventId(`${eventId}-${i}`) });
    }
  }
  events.push(
    ...decisions
      .slice(0, 2)
      .map((one) => happened({ ...one, rankingId: 'lost' as never }, 'click')),
  );
  const outcomes = Array.from({ length: 20 }, (_, i): Outcome => {
    const session = below(10);
    const names = below(3);
    return {
      outcomeId: `o${i}`,
      ...(names !== 0 && { sessionId: `s${session}` }),
      ...(names !== 1 && { userId: `u${session >> 1}` }),
      metric: 'value',
      value: 1 + below(50),
      at: MIDNIGHT - DAY_MS + below(11 * DAY_MS),
    };
  });
  return { decisions, events, outcomes };
}

/** In any order, cut anywhere, now and then twice, while either backend judges what is there by then, or both do. */
async function deliver(log: WholeLog, rules: Rules, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const parts = 1 + Math.floor(random() * 8);
  const dealt = <T>(rows: readonly T[]) =>
    Map.groupBy(
      rows.map((row) => [random(), row] as const).toSorted(([a], [b]) => a - b),
      () => Math.floor(random() * parts),
    );
  const [decisions, events, outcomes] = [
    dealt(log.decisions),
    dealt(log.events),
    dealt(log.outcomes),
  ];
  const of = <T>(rows: Map<number, (readonly [number, T])[]>, part: number) =>
    (rows.get(part) ?? []).map(([, row]) => row);
  for (let part = 0; part < parts; part++) {
    const store = backends[part % 2];
    const batch = {
      batchId: `b${part}`,
      decisions: of(decisions, part),
      // Some of the events before come once more, in another batch.
      events: [...of(events, part), ...(part > 0 ? of(events, part - 1).slice(0, 3) : [])],
    };
    await ingest(store, batch, MIDNIGHT);
    if (random() < 0.3) await ingest(backends[(part + 1) % 2], batch, MIDNIGHT);
    await recordOutcomes(store, of(outcomes, part), MIDNIGHT);
    if (random() < 0.6)
      await Promise.all(
        backends.slice(0, 1 + Math.floor(random() * 2)).map((one) => updateAccount(one, rules, 0)),
      );
  }
  await updateAccount(backends[1], rules, 0);
}

/** What all of them must say. */
function expected(log: WholeLog, rules: Rules) {
  const { counted, countedEvents, credits, verdicts } = slowAccount(log, rules);
  const facts = { ...emptyFacts(), rankings: counted.length };
  for (const { type, value = 0 } of countedEvents) {
    facts[type as 'click']++;
    if (type === 'dwell') facts.dwell_seconds += value / 1000;
    if (type === 'booking') facts.booking_value += value;
    if (type === 'payment') facts.payment_value += value;
  }
  facts['outcome.value'] = credits.reduce((sum, { outcome }) => sum + outcome.value, 0);
  const ofItems = credits
    .filter(({ item }) => item !== undefined)
    .reduce((sum, { outcome }) => sum + outcome.value, 0);
  const ranked = new Map<string, Decision>(counted.map((one) => [one.rankingId, one]));
  const soon = (type: string) =>
    new Set(
      countedEvents
        .filter((e) => e.type === type && e.receivedAt <= ranked.get(e.rankingId)!.at + 6 * HOUR)
        .map((e) => e.rankingId),
    ).size;
  const clicks = countedEvents.filter(({ type }) => type === 'click');
  const faults: Record<string, number> = {};
  for (const verdict of verdicts.values())
    if (verdict !== '') faults[verdict] = (faults[verdict] ?? 0) + 1;
  const clickedRankings = new Set(clicks.map(({ rankingId }) => rankingId)).size;
  return {
    facts,
    ofItems,
    clickedRankings,
    clickedItems: new Set(clicks.map(({ rankingId, itemId }) => `${rankingId} ${itemId}`)).size,
    clickedSoon: soon('click'),
    bookedSoon: soon('booking'),
    faults,
    sessions: new Set(counted.map(({ sessionId }) => sessionId)).size,
    users: new Set(counted.map(({ userId }) => userId)).size,
  };
}

const rounded = (facts: Facts) =>
  Object.fromEntries(FACTS.map((fact) => [fact, Number(facts[fact].toFixed(9))]));

describe(`whatever the order of arrival, redelivery, the cuts of batches, midnights and backends (seed ${SEED})`, () => {
  test.each([
    ['by the default rules', RULES],
    ['by strict ones, under which many are bots', { attributionDays: 2, filters: STRICT }],
    ['without filters', { attributionDays: 7, filters: NO_FILTERS }],
  ] as const)('every reader says the same, to the last unit, %s', async (_, rules) => {
    let [refused, credited] = [0, 0];
    await fc.assert(
      fc
        .asyncProperty(fc.integer({ min: 1, max: 1e9 }), async (seed) => {
          const log = randomLog(seed);
          await deliver(log, rules, seed);
          const found = await read(
            rules,
            log.decisions.map(({ at }) => at),
            `partitions-${seed}`,
          );
          const right = expected(log, rules);
          refused += log.decisions.length - right.facts.rankings;
          credited += right.ofItems;
          const all = rounded(right.facts);
          expect(rounded(found.sessions)).toEqual(all);
          expect(rounded(found.users)).toEqual(all);
          expect(rounded(found.experimentBySession)).toEqual(all);
          expect(rounded(found.experimentByUser)).toEqual(all);
          // Training is given what was credited to items: the rest is no shown item's.
          expect(rounded(found.training)).toEqual({ ...all, 'outcome.value': right.ofItems });
          const { clickedRankings: clicked, clickedItems } = right;
          const { rankings } = right.facts;
          expect(found).toMatchObject({
            clickedRankings: { training: clicked, clickThrough: clicked, quality: clicked },
            shownRankings: {
              training: rankings,
              clickThrough: rankings,
              monitors: rankings,
              quality: rankings,
            },
            clickedItems: { training: clickedItems, interleaving: clickedItems },
            clickedSoon: right.clickedSoon,
            bookedSoon: right.bookedSoon,
            faults: right.faults,
            storedSessions: right.sessions,
            storedUsers: right.users,
          });
        })
        .beforeEach(emptied),
      { numRuns: runs(sized({ small: 2, full: 4 })) },
    );
    expect(credited).toBeGreaterThan(0);
    if (rules.filters === STRICT) expect(refused).toBeGreaterThan(0);
    if (rules.filters === NO_FILTERS) expect(refused).toBe(0);
  });
});

async function emptied(): Promise<void> {
  const [store] = backends;
  const tables = [
    'decisions',
    'events',
    'exposures',
    'outcomes',
    'batches',
    'session_days',
    'user_days',
    'late_rankings',
    'metric_units',
    'experiment_units',
    'log_marks',
    'deleted_users',
    'deleted_sessions',
  ];
  await store.write(
    tables.map((table) => ({
      toSQL: () => store.db.run(sql`delete from ${sql.identifier(table)}`).getQuery(),
    })),
  );
}

describe('when a day is closed', () => {
  const ana = { userId: parseUserId('ana') };
  const ranking = shown('r', MIDNIGHT, 'one', ana);
  const click = happened(ranking, 'click', { afterMs: MINUTE });
  const CLOSE = MIDNIGHT + 9 * DAY_MS;
  const later = (at: number) => shown(`later-${at}`, at, 'later');
  const add = (batchId: string, decisions: Decision[], events: CollectedEvent[] = []) =>
    ingest(backends[0], { batchId, decisions, events }, MIDNIGHT);
  const closedBefore = async () => {
    const [{ day }] = await backends[0].db.all<{ day: number }>(
      sql`select value ->> '$.closedBefore' as day from log_marks where name = 'account: judged'`,
    );
    return day;
  };

  test('what comes in later is stored, says why it does not count, and changes no figure of any reader', async () => {
    await add('in time', [ranking], [click]);
    await add('next', [...timeGoesOn(CLOSE), later(CLOSE)]);
    await updateAccount(backends[0], RULES, CLOSE);
    expect(await closedBefore()).toBe(MIDNIGHT + DAY_MS);
    const before = await read(RULES, [MIDNIGHT, CLOSE]);
    expect(before.training).toMatchObject({ rankings: 2, click: 1 });
    const late = shown('late', MIDNIGHT + HOUR, 'one', ana);
    await add(
      'too late',
      [late],
      [
        happened(ranking, 'save', { afterMs: 5 * MINUTE }),
        happened(late, 'click', { afterMs: MINUTE }),
      ],
    );
    await updateAccount(backends[1], RULES, CLOSE);
    expect(await read(RULES, [MIDNIGHT, CLOSE])).toEqual(before);
    const rows = await backends[0].db.all(
      sql`select rankingId, type, fault from events order by rankingId, type`,
    );
    expect(rows).toEqual([
      { rankingId: 'late', type: 'click', fault: 'after_close' },
      { rankingId: 'r', type: 'click', fault: '' },
      { rankingId: 'r', type: 'save', fault: 'after_close' },
    ]);
  });

  test('an outcome of then is its user’s and session’s, and no item’s any more: partitions are final', async () => {
    await add('in time', [ranking], [click]);
    await add('next', [...timeGoesOn(CLOSE), later(CLOSE)]);
    await updateAccount(backends[0], RULES, CLOSE);
    const outcome = {
      outcomeId: 'o',
      userId: 'ana',
      metric: 'value',
      value: 7,
      at: MIDNIGHT + HOUR,
    };
    await recordOutcomes(backends[0], [outcome], CLOSE);
    await updateAccount(backends[0], RULES, CLOSE);
    const { training, sessions, users, experimentBySession, experimentByUser } = await read(RULES, [
      MIDNIGHT,
    ]);
    expect(training['outcome.value']).toBe(0);
    for (const facts of [sessions, users, experimentBySession, experimentByUser])
      expect(facts['outcome.value']).toBe(7);
  });

  test.each([
    ['a clock that runs ahead', [], CLOSE + 100 * DAY_MS],
    ['an entry from the future', [later(CLOSE + 100 * DAY_MS)], MIDNIGHT + DAY_MS],
    [
      'a clock that jumped, with an entry of every day since',
      [later(CLOSE + 400 * DAY_MS), later(CLOSE + 401 * DAY_MS)],
      CLOSE + 401 * DAY_MS,
    ],
    ['the last millisecond before', [later(CLOSE - 1)], CLOSE],
  ])('it is not by %s', async (_, others, nowMs) => {
    await add('in time', [ranking, ...others], [click]);
    await updateAccount(backends[0], RULES, nowMs);
    expect(await closedBefore()).toBeLessThanOrEqual(MIDNIGHT);
    await add('still in time', [], [happened(ranking, 'save', { afterMs: 5 * MINUTE })]);
    await updateAccount(backends[0], RULES, nowMs);
    expect((await read(RULES, [MIDNIGHT])).training.save).toBe(1);
  });
});

test('under other rules the whole log is judged again, and every reader follows', async () => {
  const log = randomLog(7);
  await deliver(log, RULES, 7);
  const at = log.decisions.map((one) => one.at);
  await read(RULES, at);
  const rules: Rules = { attributionDays: 2, filters: STRICT };
  await updateAccount(backends[0], rules, 0);
  const found = await read(rules, at);
  const right = expected(log, rules);
  expect(right.facts).not.toEqual(expected(log, RULES).facts);
  for (const facts of [found.sessions, found.users, found.experimentBySession])
    expect(rounded(facts)).toEqual(rounded(right.facts));
  expect(found.training.click).toBe(right.facts.click);
  const versionsOf = (table: 'metric_units' | 'experiment_units') =>
    backends[0].db.all(sql`select distinct account from ${sql.identifier(table)}`);
  expect(await versionsOf('metric_units')).toHaveLength(1);
  expect(await versionsOf('experiment_units')).toHaveLength(1);
});

describe('a partition that is built again only where its day changed is the one that is built from nothing', () => {
  const partitionsIn = (name: string) => {
    const deps = {
      db: backends[0].db,
      objects: openObjectStore({ kind: 'folder', path: join(folder, name) }),
      accountRules: { ...RULES, filters: STRICT },
      nowMs: () => MIDNIGHT + 30 * DAY_MS,
      maxLagMs: 0,
    };
    return syncPartitions(deps, smarttrip, {
      from: MIDNIGHT - 5 * DAY_MS,
      to: MIDNIGHT + 20 * DAY_MS,
    });
  };
  const contents = (all: readonly Manifest[]) =>
    all.map(({ day, state, facts, parts }) => ({
      day,
      state,
      facts,
      parts: parts.map(({ sha256 }) => sha256),
    }));

  test.each(Array.from({ length: sized({ small: 1, full: 6, hours: 24 }) }, (_, i) => SEED + i))(
    'row by row (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const { decisions, events, outcomes } = randomLog(seed);
      const ranked = decisions.slice(0, 9).map(({ userId, ...one }, i): Decision =>
        i % 4 === 3
          ? {
              ...one,
              sessionId: NO_SESSION,
              context: { placement: DEFAULT_PLACEMENT, consent: 'none' },
            }
          : { ...one, ...(userId && { userId }) },
      );
      const ids = new Set(ranked.map(({ rankingId }) => rankingId));
      const rows = [
        ...ranked.map((decision) => ({ decision })),
        ...events
          .filter(({ rankingId }) => ids.has(rankingId))
          .map((event) => ({ event: { ...event, sessionId: sessionOf(ranked, event) } })),
        ...outcomes.map((outcome) => ({ outcome })),
      ]
        .map((row) => [random(), row] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, row]): Partial<Row> => row);
      let [kept, step] = [0, 0];
      let before: Manifest[] = [];
      while (rows.length > 0) {
        const part = rows.splice(0, 1 + Math.floor(random() * 3));
        const batch = {
          batchId: `b${step++}`,
          decisions: part.flatMap(({ decision }) => decision ?? []),
          events: part.flatMap(({ event }) => event ?? []),
        };
        await ingest(backends[0], batch, MIDNIGHT);
        await recordOutcomes(
          backends[0],
          part.flatMap(({ outcome }) => outcome ?? []),
          MIDNIGHT,
        );
        await updateAccount(backends[0], { ...RULES, filters: STRICT }, 0);
        const now = await partitionsIn('incremental');
        expect(contents(now)).toEqual(contents(await partitionsIn(`fresh-${step}`)));
        kept += now.filter((one) => before.some((b) => isDeepStrictEqual(b, one))).length;
        before = now;
      }
      expect(kept).toBeGreaterThan(0);
    },
  );
});

interface Row {
  readonly decision: Decision;
  readonly event: CollectedEvent;
  readonly outcome: Outcome;
}

const sessionOf = (ranked: readonly Decision[], { rankingId }: CollectedEvent) =>
  ranked.find((one) => one.rankingId === rankingId)!.sessionId;

test.each([
  ['the newest user was deleted', false],
  ['that, in a store from before revisions were counted apart', true],
] as const)('a session that comes after %s is in what every reader says', async (_, isOld) => {
  const visit = async (name: string, at: number) => {
    const ranking = shown(name, at, `session-of-${name}`, { userId: parseUserId(name) });
    const click = happened(ranking, 'click', { afterMs: MINUTE });
    const batch = { batchId: name, decisions: [ranking], events: [click] };
    await ingest(backends[0], batch, MIDNIGHT);
    await updateAccount(backends[0], RULES, 0);
  };
  const value = (userId: string, n: number, at: number): Outcome => ({
    outcomeId: `of-${userId}`,
    userId,
    metric: 'value',
    value: n,
    at,
  });
  const days = [MIDNIGHT];
  await visit('ana', MIDNIGHT);
  await visit('ben', MIDNIGHT + HOUR);
  // Known before its session is: it is credited when the session comes.
  await recordOutcomes(backends[0], [value('cleo', 100, MIDNIGHT + DAY_MS)], MIDNIGHT);
  await updateAccount(backends[0], RULES, 0);
  expect((await read(RULES, days)).sessions).toMatchObject({ rankings: 2, 'outcome.value': 0 });
  await deleteUser(backends[0], parseUserId('ben'), 'test', MIDNIGHT);
  if (isOld)
    await backends[0].write([
      statement(backends[0].db, sql`delete from log_marks where name = 'account: revision'`),
    ]);
  await visit('cleo', MIDNIGHT + 2 * HOUR);
  const all: Facts = { ...emptyFacts(), rankings: 2, click: 2, 'outcome.value': 100 };
  expect(await read(RULES, days)).toMatchObject({
    training: all,
    sessions: all,
    users: all,
    experimentBySession: all,
    experimentByUser: all,
    clickedSoon: 2,
  });
});

test('days go on being closed after the newest user was deleted', async () => {
  const ana = shown('first', MIDNIGHT, 'one', { userId: parseUserId('ana') });
  const ben = shown('last', MIDNIGHT + 9 * DAY_MS, 'two', { userId: parseUserId('ben') });
  const third = shown('between', MIDNIGHT + 9 * DAY_MS, 'three');
  for (const [i, ranking] of [ana, third, ben].entries()) {
    await ingest(backends[0], { batchId: `${i}`, decisions: [ranking], events: [] }, MIDNIGHT);
    await updateAccount(backends[0], RULES, 0);
  }
  await deleteUser(backends[0], parseUserId('ben'), 'test', MIDNIGHT);
  const decisions = timeGoesOn(MIDNIGHT + 9 * DAY_MS);
  await ingest(backends[0], { batchId: 'then', decisions, events: [] }, MIDNIGHT);
  await updateAccount(backends[0], RULES, MIDNIGHT + 9 * DAY_MS);
  const [mark] = await backends[0].db.all<{ day: number }>(
    sql`select value ->> '$.closedBefore' as day from log_marks where name = 'account: judged'`,
  );
  expect(mark.day).toBe(MIDNIGHT + DAY_MS);
});
