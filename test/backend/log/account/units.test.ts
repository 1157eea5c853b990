import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { timeGoesOn } from '../../support/time-goes-on.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { recordOutcomes, type Outcome } from '../../../../backend/log/ingest/outcomes.ts';
import { metricLearning } from '../../../../backend/runs/metric-weights/metric-learning.ts';
import { parseMetricWeights } from '../../../../backend/reward/settings.ts';
import { gatherUnits } from '../../../../backend/log/account/units.ts';
import type { UnitsOf } from '../../../../backend/log/account/unit.ts';
import { pruneLog } from '../../../../backend/log/retention/prune.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { logMarks, metricUnits } from '../../../../backend/store/tables.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { decisionOf, eventOf } from '../../support/decisions.ts';
import { openTestStore, type TestStore } from '../../reward/support/open-test-store.ts';
import { slowUnits } from '../../reward/support/slow-units.ts';
import { sized } from '../../../support/size.ts';
import type { WholeLog as Log } from '../support/slow-account.ts';

let store: TestStore;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const DAY = 86_400_000;
const START = Date.UTC(2026, 8, 1, 22);
const SETTINGS: UnitsOf = {
  unit: 'session',
  observeDays: 1,
  context: ['device', 'age'],
  filters: NO_FILTERS,
  attributionDays: 7,
};

const unitRows = (db = store.db) =>
  db
    .select({
      unit: metricUnits.unit,
      firstAt: metricUnits.firstAt,
      userId: metricUnits.userId,
      values: metricUnits.values,
      context: metricUnits.context,
      outcomes: metricUnits.outcomes,
    })
    .from(metricUnits);
const byUnit = <T extends { unit: string }>(rows: readonly T[]) =>
  rows.toSorted((a, b) => (a.unit < b.unit ? -1 : 1));

/** Visitors of a few days; some log in, some come with what is not permitted to be kept. */
function randomLog(seed: number): Log {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)];
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  const outcomes: Outcome[] = [];
  for (let session = 0; session < 30; session++) {
    const user = random() < 0.6 ? `user-${below(8)}` : undefined;
    const start = START + below(4 * DAY);
    for (let i = 0; i <= below(4); i++) {
      const id = `r-${session}-${i}`;
      // Sessions log in on the way, and a few go on for longer than they are observed.
      const who = {
        sessionId: parseSessionId(`session-${session}`),
        ...(user !== undefined && random() < 0.7 && { userId: parseUserId(user) }),
      };
      const at = start + below(random() < 0.1 ? 3 * DAY : 3_600_000);
      const context = pick([
        { device: 'phone', age: 30, postcode: '1234' },
        { device: 'desktop' },
        {},
        { device: null, age: true },
      ]);
      decisions.push(decisionOf(id, { ...who, at, request: JSON.stringify({ context }) }));
      for (let n = below(6); n > 0; n--) {
        const [type, value, properties] = pick<[string, number?, Record<string, string | number>?]>(
          [
            ['click'],
            ['dwell', 1000 * below(50)],
            ['booking', 80.5],
            ['scroll_depth', below(100) / 100],
            ['form_progress', below(10) / 10],
            ['save'],
            ['feature_use', undefined, { feature: pick(['Map', 'photo zoom', 'filter']) }],
            ['feature_use', undefined, { other: 1 }],
            ['pointer_activity', below(3), { cell: `${below(3)},${below(3)}` }],
            ['pointer_activity', undefined, { cell: '9,9' }],
          ],
        );
        events.push(
          eventOf(`e-${events.length}`, id, {
            ...who,
            type: type as CollectedEvent['type'],
            receivedAt: at + below(random() < 0.1 ? 2 * DAY : 600_000),
            ...(value !== undefined && { value }),
            ...(properties && { properties }),
          }),
        );
      }
    }
    for (let n = below(4); n > 0; n--)
      outcomes.push({
        outcomeId: `o-${outcomes.length}`,
        ...(random() < 0.5 && { sessionId: `session-${session}` }),
        ...(user !== undefined && { userId: user }),
        metric: pick(['renewal', 'use']),
        value: below(5),
        at: start - 3_600_000 + below(5 * DAY),
      });
  }
  return {
    decisions,
    events,
    outcomes: outcomes.filter(({ sessionId, userId }) => sessionId ?? userId),
  };
}

/** In batches, in any order, with a gathering now and then; the store is opened anew on the way. */
async function deliver(log: Log, settings: UnitsOf, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const shuffled = <T>(list: readonly T[]) =>
    list
      .map((one) => [random(), one] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, one]) => one);
  const rows = shuffled<[keyof Log, number]>([
    ...log.decisions.map((_, i): [keyof Log, number] => ['decisions', i]),
    ...log.events.map((_, i): [keyof Log, number] => ['events', i]),
    ...log.outcomes.map((_, i): [keyof Log, number] => ['outcomes', i]),
  ]);
  let using: Store = store;
  const per = Math.ceil(rows.length / 12);
  for (let from = 0; from < rows.length; from += per) {
    const part = rows.slice(from, from + per);
    const of = <K extends keyof Log>(kind: K) =>
      part.filter(([table]) => table === kind).map(([, i]) => log[kind][i]) as unknown as Log[K];
    await ingest(
      using,
      { batchId: `b-${from}`, decisions: [...of('decisions')], events: [...of('events')] },
      1,
    );
    await recordOutcomes(using, of('outcomes'), 1);
    if (random() < 0.4) await gatherUnits(using, settings, START + 6 * DAY);
    if (random() < sized({ small: 0.1, full: 0.2 })) {
      if (using !== store) await using.close();
      using = await openStore({ url: store.url });
    }
  }
  await gatherUnits(using, settings, START + 6 * DAY);
  if (using !== store) await using.close();
}

describe('units are what a slow look at the whole log finds', () => {
  test.each([
    [1, SETTINGS],
    [2, { ...SETTINGS, observeDays: 0.02, context: [] }],
    [3, { ...SETTINGS, unit: 'user', observeDays: 2 } as const],
    [4, { ...SETTINGS, unit: 'user' } as const],
  ])('log %i, %j', async (seed, settings) => {
    const log = randomLog(seed);
    await deliver(log, settings, seed);
    const expected = slowUnits(log, settings);
    expect(expected.length).toBeGreaterThan(5);
    expect(byUnit(await unitRows())).toEqual(byUnit(expected));
  });
});

test('what came since is gathered, and nothing is gathered twice', async () => {
  const log = randomLog(5);
  await deliver(log, SETTINGS, 5);
  const before = await unitRows();
  expect(await gatherUnits(store, SETTINGS, START + 6 * DAY)).toBe(0);
  const { sessionId, rankingId } = log.decisions[0];
  await ingest(
    store,
    {
      batchId: 'later',
      decisions: [decisionOf('new', { sessionId, at: START })],
      events: [eventOf('late', rankingId, { sessionId })],
    },
    1,
  );
  expect(await gatherUnits(store, SETTINGS, START + 6 * DAY)).toBe(1);
  expect(await unitRows()).toHaveLength(before.length);
});

test('a mark whose rows are gone starts again: row ids that were given twice are not missed', async () => {
  const at = (n: number) =>
    decisionOf(`r-${n}`, { sessionId: parseSessionId(`s-${n}`), at: START + n });
  await ingest(store, { batchId: 'a', decisions: [at(1), at(2), at(3)], events: [] }, 1);
  await gatherUnits(store, SETTINGS, START);
  await store.tamper(`delete from decisions where rankingId in ('r-2', 'r-3')`);
  await ingest(store, { batchId: 'b', decisions: [at(4), at(5)], events: [] }, 1);
  await gatherUnits(store, SETTINGS, START);
  expect((await unitRows()).map(({ unit }) => unit)).toEqual(['s-1', 's-2', 's-3', 's-4', 's-5']);
});

test('units outlive the log, and later outcomes still reach them', async () => {
  await ingest(
    store,
    {
      batchId: 'a',
      decisions: [decisionOf('r', { at: START })],
      events: [eventOf('e', 'r', { receivedAt: START + 1 })],
    },
    1,
  );
  const late = START + 30 * DAY;
  await gatherUnits(store, SETTINGS, late);
  await pruneLog(store, START + 20 * DAY, START + 20 * DAY);
  expect(await store.db.all(sql`select 1 from decisions`)).toEqual([]);
  const outcome = { sessionId: 'session-1', metric: 'renewal', value: 2, at: START + 25 * DAY };
  await recordOutcomes(store, [{ ...outcome, outcomeId: 'o' }], 1);
  await gatherUnits(store, SETTINGS, late);
  expect(await unitRows()).toMatchObject([
    {
      unit: 'session-1',
      values: { rankings: 1, click: 1 },
      outcomes: { [`renewal@${outcome.at}`]: 2 },
    },
  ]);
  const later = START + 60 * DAY;
  const other = decisionOf('later', { at: later, sessionId: parseSessionId('other') });
  await ingest(store, { batchId: 'b', decisions: [other], events: [] }, 1);
  await gatherUnits(store, SETTINGS, later);
  await pruneLog(store, late, late);
  await recordOutcomes(store, [{ ...outcome, outcomeId: 'p', at: late }], 1);
  await gatherUnits(store, SETTINGS, later);
  expect((await unitRows()).find(({ unit }) => unit === 'session-1')!.outcomes).toEqual({
    [`renewal@${outcome.at}`]: 2,
    [`renewal@${late}`]: 2,
  });
});

test.each([
  ['with a target, for the retention after its horizon', { horizonDays: 30 }, 130],
  ['without one, for the retention', undefined, 100],
] as const)('units are kept %s', async (_, horizon, days) => {
  const target = horizon && { kind: 'sum', outcome: 'value', ...horizon };
  const nowMs = START + 400 * DAY;
  const seen = (unit: string, firstAt: number) =>
    store.db
      .insert(metricUnits)
      .values({ unit, kind: 'session', firstAt, values: {}, context: {}, updatedAt: 1 });
  await store.write([
    seen('long ago', nowMs - days * DAY - 1),
    seen('waited for', nowMs - days * DAY),
  ]);
  const learningAt = (clockMs: number) =>
    metricLearning({
      store,
      database: { url: store.url },
      settings: parseMetricWeights({ ...(target && { target }), retentionDays: 100 }),
      accountRules: DEFAULT_TRAINING_DATA,
      nowMs: () => clockMs,
    });
  await ingest(store, { batchId: 'then', decisions: timeGoesOn(nowMs - 3 * DAY), events: [] }, 1);
  // A clock that is ahead of the log makes nothing older.
  await learningAt(nowMs + 400 * DAY).gather();
  expect(await unitRows()).toHaveLength(2);
  await ingest(store, { batchId: 'now', decisions: timeGoesOn(nowMs), events: [] }, 1);
  await learningAt(nowMs).gather();
  expect((await unitRows()).map(({ unit }) => unit)).toEqual(['waited for']);
});

test('a deleted user leaves no unit, and comes back by none', async () => {
  const log = randomLog(6);
  for (const unit of ['session', 'user'] as const) await deliver(log, { ...SETTINGS, unit }, 6);
  const of = async () =>
    (await unitRows()).filter(({ unit, userId }) => [unit, userId].includes('user-1'));
  expect((await of()).length).toBeGreaterThan(1);
  const gathering = gatherUnits(store, SETTINGS, START + 6 * DAY);
  await deleteUser(store, parseUserId('user-1'), 'ana', 1);
  await gathering;
  expect(await of()).toEqual([]);
  await store.write([store.db.delete(logMarks)]);
  for (const unit of ['session', 'user'] as const)
    await gatherUnits(store, { ...SETTINGS, unit }, START + 6 * DAY);
  expect(await of()).toEqual([]);
});

test('a gatherer that was overtaken writes nothing', async () => {
  await ingest(store, { batchId: 'a', decisions: [decisionOf('r', { at: START })], events: [] }, 1);
  const slow = {
    db: store.db,
    async write(statements: Parameters<typeof store.write>[0]) {
      await ingest(
        store,
        { batchId: 'b', decisions: [], events: [eventOf('e', 'r', { receivedAt: START + 1 })] },
        1,
      );
      await gatherUnits(store, SETTINGS, START + 10);
      return store.write(statements);
    },
  };
  expect(await gatherUnits(slow, SETTINGS, START + 10)).toBe(0);
  expect(await unitRows()).toMatchObject([{ values: { rankings: 1, click: 1 } }]);
});

test('feedback counts by the rules of the account, and a bot is marked', async () => {
  const judged = { ...SETTINGS, filters: DEFAULT_TRAINING_DATA.filters };
  const at = (id: string, type: 'click' | 'scroll_depth', changes: Partial<CollectedEvent> = {}) =>
    eventOf(id, 'r', { type, timestamp: START + 900, receivedAt: START + 1000, ...changes });
  const { itemId: _, ...page } = at('e-page', 'scroll_depth', { value: 0.5 });
  const crawler = { sessionId: parseSessionId('crawler') };
  await ingest(
    store,
    {
      batchId: 'a',
      decisions: [
        decisionOf('r', { at: START }),
        ...Array.from({ length: 70 }, (__, i) =>
          decisionOf(`c-${i}`, { ...crawler, at: START + 100 * i }),
        ),
      ],
      events: [
        at('e-1', 'click'),
        at('sent-again', 'click'),
        at('e-2', 'click', { itemId: parseItemId('porto') }),
        at('of-another-slate', 'click', { itemId: parseItemId('paris') }),
        at('too-late', 'click', { receivedAt: START + 8 * DAY }),
        page,
      ],
    },
    1,
  );
  await gatherUnits(store, judged, START + DAY);
  expect(byUnit(await unitRows()).map(({ unit, values }) => [unit, values])).toEqual([
    ['crawler', { refused: 1 }],
    ['session-1', { rankings: 1, click: 2, scroll_depth: 1, scroll_depth_value: 0.5 }],
  ]);
});

test('half a surrogate pair, a null, a number beyond all sums or long properties in an event end nothing', async () => {
  const names = ['a\ud800b', '\ud83d', 'a\0b', '__proto__'];
  const of = (i: number, changes: object) =>
    eventOf(`e${i}`, 'r', { itemId: undefined, receivedAt: START + 1000 * i, ...changes });
  const events = [
    ...names.map((feature, i) => of(i, { type: 'feature_use', properties: { feature } })),
    ...[1e308, 1e308].map((value, i) =>
      of(10 + i, { type: 'pointer_activity', value, properties: { cell: '1,1' } }),
    ),
    of(20, { type: 'pointer_activity', value: 2, properties: { cell: '1,1' } }),
    // From before an edge refused so long ones: it counts, and they are not read.
    of(30, { type: 'feature_use', properties: { feature: 'long', text: 'x'.repeat(5000) } }),
  ];
  const context = { device: 'half \ud83d', age: '\0' };
  const decision = decisionOf('r', { at: START, request: JSON.stringify({ context }) });
  await ingest(store, { batchId: 'b', decisions: [decision], events }, START);
  expect(await gatherUnits(store, SETTINGS, START)).toBe(1);
  const [{ values, context: kept }] = await unitRows();
  expect(values).toEqual({
    rankings: 1,
    feature_use: 5,
    'feature.unnamed': 1,
    pointer_activity: 1,
    'cell.1_1': 2,
    'feature.a_b': 2,
    'feature._': 1,
    'feature.__proto__': 1,
  });
  expect(kept).toMatchObject(context);
});

test('a context that is longer than an edge takes today is not read, and its ranking counts', async () => {
  const contexts = [{ device: 'mobile' }, { device: 'mobile', other: 'x'.repeat(5000) }, 7];
  const decisions = contexts.map((context, i) =>
    decisionOf(`r${i}`, {
      at: START,
      sessionId: parseSessionId(`s${i}`),
      request: JSON.stringify({ context }),
    }),
  );
  await ingest(store, { batchId: 'b', decisions, events: [] }, START);
  expect(await gatherUnits(store, SETTINGS, START)).toBe(3);
  const devices = byUnit(await unitRows()).map(({ context }) => context.device);
  expect(devices).toEqual(['mobile', undefined, undefined]);
});

test('of a session that went on as somebody else’s nothing is left of the user who is deleted', async () => {
  const as = (id: string, user: string, at: number) =>
    decisionOf(id, { at, userId: parseUserId(user) });
  const first = as('r-1', 'ana', START);
  const click = eventOf('e', 'r-1', { userId: parseUserId('ana'), receivedAt: START + 1 });
  const rest = as('r-2', 'ben', START + 1000);
  await ingest(store, { batchId: 'a', decisions: [first, rest], events: [click] }, 1);
  // Measured before the deletion, and written after it.
  let isDeleted = false;
  const slow = {
    db: store.db,
    async write(statements: Parameters<typeof store.write>[0]) {
      const isWritten = statements.some((one) =>
        one.toSQL().sql.includes('insert into "metric_units"'),
      );
      if (isWritten && !isDeleted) {
        isDeleted = true;
        await deleteUser(store, parseUserId('ana'), 'test', 1);
      }
      return store.write(statements);
    },
  };
  await gatherUnits(slow, SETTINGS, START + 10);
  // The other one's part is measured alone.
  expect(await unitRows()).toMatchObject([{ userId: 'ben', values: { rankings: 1 } }]);
  await ingest(store, { batchId: 'b', decisions: [as('r-3', 'ben', START + 2000)], events: [] }, 1);
  await gatherUnits(store, SETTINGS, START + 10);
  expect(await unitRows()).toMatchObject([{ userId: 'ben', values: { rankings: 2 } }]);
  await deleteUser(store, parseUserId('ben'), 'test', 1);
  expect(await unitRows()).toEqual([]);
});

test('a session that was stored as the next user’s goes with the one before', async () => {
  const as = (id: string, user: string, at: number) =>
    decisionOf(id, { at, userId: parseUserId(user) });
  const decisions = [as('r-1', 'ana', START), as('r-2', 'ben', START + 1000)];
  await ingest(store, { batchId: 'a', decisions, events: [] }, 1);
  await gatherUnits(store, SETTINGS, START + 10);
  expect(await unitRows()).toMatchObject([{ userId: 'ben', values: { rankings: 2 } }]);
  await deleteUser(store, parseUserId('ana'), 'test', 1);
  expect(await unitRows()).toEqual([]);
});
