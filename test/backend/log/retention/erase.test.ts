import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { recordOutcomes, type Outcome } from '../../../../backend/log/ingest/outcomes.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import { forgetDeleted } from '../../../../backend/log/partitions/partitions.ts';
import { deleteSession } from '../../../../backend/log/retention/delete-session.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { allowUser, pruneTombstones } from '../../../../backend/log/retention/tombstones.ts';
import { versions } from '../../../../backend/models/versions.ts';
import type { Store } from '../../../../backend/store/open.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { runs } from '../../../shared/support/seed.ts';
import { borrowStore } from '../../../support/borrow-store.ts';
import { sized } from '../../../support/size.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { someJournal } from '../support/journal.ts';
import { everybodyIn, everyReader, MIDNIGHT } from '../support/every-reader.ts';
import { DAY, happened, rankingOf } from '../support/log.ts';

const RULES: Rules = { attributionDays: 7, filters: NO_FILTERS };
const HOUR = 3_600_000;
const ANA = parseUserId('the-user-ana');
const sessionOf = (n: number) => parseSessionId(`the-session-${n}`);

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
const closed = async () => {
  for (const { store } of worlds) await store.close();
  worlds = [];
};
beforeEach(closed);
afterEach(closed);

interface Rows {
  readonly decisions: readonly Decision[];
  readonly events: readonly CollectedEvent[];
  readonly outcomes: readonly Outcome[];
}

let batches = 0;
async function deliver({ store }: World, { decisions, events, outcomes }: Rows): Promise<void> {
  await ingest(store, { batchId: `batch-${batches++}`, decisions, events }, MIDNIGHT);
  await recordOutcomes(store, outcomes, MIDNIGHT);
  await updateAccount(store, RULES, 0);
}

const read = ({ store, experiments, folder }: World) =>
  everyReader(store, experiments, join(folder, 'partitions'), RULES, [MIDNIGHT, MIDNIGHT + DAY]);

const forget = ({ store, folder }: World) =>
  forgetDeleted({
    db: store.db,
    objects: openObjectStore({ kind: 'folder', path: join(folder, 'partitions') }),
    accountRules: RULES,
    nowMs: () => 0,
    maxLagMs: 0,
  });

const idsOf = async ({ store }: World) => {
  const keys = {
    decisions: 'rankingId',
    events: 'eventId',
    exposures: `experiment || ' ' || rankingId`,
    outcomes: 'outcomeId',
  };
  const found: Record<string, string[]> = {};
  for (const [table, key] of Object.entries(keys)) {
    const rows = await store.db.all<{ id: string }>(
      sql`select ${sql.raw(key)} as id from ${sql.identifier(table)} order by 1`,
    );
    found[table] = rows.map(({ id }) => id);
  }
  return found;
};

/** Every cell of every table but the tombstones, as one text. */
async function everythingStored({ store }: World): Promise<string> {
  const tables = await store.db.all<{ name: string }>(sql`
    select name from sqlite_master where type = 'table'
      and name not in ('deleted_users', 'deleted_sessions', 'weights')`);
  const all: unknown[] = [];
  for (const { name } of tables)
    all.push(await store.db.all(sql`select * from ${sql.identifier(name)}`));
  return JSON.stringify(all, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

const visit = fc.record({
  session: fc.integer({ min: 0, max: 5 }),
  user: fc.constantFrom(undefined, undefined, 'the-user-ana', 'the-user-ben', 'the-user-cleo'),
  hour: fc.integer({ min: 0, max: 40 }),
  did: fc.array(
    fc.record({
      type: fc.constantFrom('click', 'dwell', 'save', 'booking'),
      slot: fc.integer({ min: 0, max: 2 }),
      minutes: fc.integer({ min: 1, max: 50 }),
    }),
    { maxLength: 3 },
  ),
});
const worth = fc.record({
  of: fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom('the-user-ana', 'the-user-ben', 'the-user-cleo'),
  ),
  hour: fc.integer({ min: 0, max: 60 }),
  value: fc.integer({ min: 1, max: 50 }),
});

function logOf(
  visits: readonly (typeof visit extends fc.Arbitrary<infer T> ? T : never)[],
  values: readonly (typeof worth extends fc.Arbitrary<infer T> ? T : never)[],
): Rows {
  const decisions = visits.map(({ session, user, hour }, n) =>
    rankingOf(`r-${n}`, MIDNIGHT + hour * HOUR + n, {
      arm: 'exp_1:control exp_2:control exp_3:control',
      teams: Uint8Array.of(0, 1, 1),
      sessionId: sessionOf(session),
      ...(user !== undefined && { userId: parseUserId(user) }),
    }),
  );
  const events = visits.flatMap(({ did }, n) =>
    did.map(({ type, slot, minutes }, i) =>
      happened(decisions[n], type as 'click', { slot, afterMs: minutes * 60_000 + i }),
    ),
  );
  const outcomes = values.map(({ of, hour, value }, n): Outcome => ({
    outcomeId: `o-${n}`,
    ...(typeof of === 'number' ? { sessionId: sessionOf(of) } : { userId: of }),
    metric: 'value',
    value,
    at: MIDNIGHT + hour * HOUR,
  }));
  return { decisions, events, outcomes };
}

/** What is left of a log once Ana is deleted, by the rule in words. @param ownerOf of an outcome, by the account. */
function without(log: Rows, ownerOf: ReadonlyMap<string, string | null>) {
  const own = new Set(
    log.decisions.filter(({ userId }) => userId === ANA).map(({ sessionId }) => sessionId),
  );
  const stays = ({ sessionId, userId }: Pick<Decision, 'sessionId' | 'userId'>) =>
    userId === undefined ? !own.has(sessionId) : userId !== ANA;
  const left: Rows = {
    decisions: log.decisions.filter(stays),
    events: log.events.filter(stays),
    outcomes: log.outcomes.filter(({ outcomeId, sessionId, userId }) => {
      const owner = userId ?? ownerOf.get(outcomeId) ?? undefined;
      return owner === undefined ? !own.has(sessionId as Decision['sessionId']) : owner !== ANA;
    }),
  };
  const others = new Set(left.decisions.map(({ sessionId }) => sessionId));
  const named = new Set(left.outcomes.flatMap(({ sessionId }) => sessionId ?? []));
  const gone = [...own].filter((id) => !others.has(id) && !named.has(id));
  return { left, gone };
}

test('a deletion leaves no row of the user or their sessions, and of the others every reader’s totals', async () => {
  let [shared, goneInAll] = [0, 0];
  await fc.assert(
    fc
      .asyncProperty(
        fc.array(visit, { minLength: 4, maxLength: 25 }),
        fc.array(worth, { maxLength: 8 }),
        async (visits, values) => {
          const log = logOf(visits, values);
          const whole = await world();
          await deliver(whole, log);
          await read(whole);
          const owners = await whole.store.db.all<{ id: string; owner: string | null }>(
            sql`select outcomeId as id, creditedUser as owner from outcomes`,
          );
          await deleteUser(whole.store, ANA, 'test', MIDNIGHT);
          await forget(whole);
          const { left, gone } = without(log, new Map(owners.map(({ id, owner }) => [id, owner])));
          const never = await world();
          await deliver(never, left);
          await updateAccount(whole.store, RULES, 0);
          const found = await read(whole);
          expect(await idsOf(whole)).toEqual(await idsOf(never));
          expect(found).toEqual(await read(never));
          const stored = await everythingStored(whole);
          for (const id of [ANA, ...gone]) expect(stored).not.toContain(id);
          // The same again, from shards that were not sure of the first time.
          await deliver(whole, log);
          expect(await idsOf(whole)).toEqual(await idsOf(never));
          expect(await read(whole)).toEqual(found);
          goneInAll += gone.length;
          const own = new Set(
            log.decisions.flatMap((one) => (one.userId === ANA ? one.sessionId : [])),
          );
          shared += own.size - gone.length;
        },
      )
      .beforeEach(closed),
    { numRuns: runs(sized({ small: 6, full: 30, hours: 120 })) },
  );
  expect(shared).toBeGreaterThan(0);
  expect(goneInAll).toBeGreaterThan(0);
}, 120_000);

test('sessions that turn out to be a deleted user’s go when the row comes in that says so', async () => {
  await fc.assert(
    fc
      .asyncProperty(
        fc.array(visit, { minLength: 4, maxLength: 25 }),
        fc.nat(),
        async (visits, cut) => {
          const log = logOf(visits, []);
          const at = cut % visits.length;
          const isBefore = new Set(log.decisions.slice(0, at).map(({ rankingId }) => rankingId));
          const part = (before: boolean): Rows => ({
            decisions: log.decisions.filter((one) => isBefore.has(one.rankingId) === before),
            events: log.events.filter((one) => isBefore.has(one.rankingId) === before),
            outcomes: [],
          });
          const whole = await world();
          await deliver(whole, part(true));
          await deleteUser(whole.store, ANA, 'test', MIDNIGHT);
          await deliver(whole, part(false));
          const never = await world();
          await deliver(never, without(log, new Map()).left);
          expect(await idsOf(whole)).toEqual(await idsOf(never));
        },
      )
      .beforeEach(closed),
    { numRuns: runs(sized({ small: 5, full: 20, hours: 80 })) },
  );
}, 120_000);

test('a session without a login is deleted by its id, and what comes of it later is dropped', async () => {
  const here = await world();
  const log = logOf(
    [
      { session: 1, user: undefined, hour: 1, did: [{ type: 'click', slot: 0, minutes: 1 }] },
      { session: 2, user: undefined, hour: 1, did: [] },
      { session: 1, user: 'the-user-ben', hour: 2, did: [] },
    ],
    [{ of: 2, hour: 3, value: 5 }],
  );
  await deliver(here, log);
  const deleted = [];
  for (const n of [1, 2])
    deleted.push(await deleteSession(here.store, sessionOf(n), 'test', MIDNIGHT + DAY + 5));
  expect(deleted).toMatchObject([
    { decisions: 1, events: 1, outcomes: 0 },
    { decisions: 1, events: 0, outcomes: 1 },
  ]);
  await deliver(here, log);
  expect(await idsOf(here)).toMatchObject({ decisions: ['r-2'], events: [], outcomes: [] });
  expect(await everythingStored(here)).not.toContain(sessionOf(2));
  // Its tombstone goes once nothing can arrive any more.
  await pruneTombstones(here.store, MIDNIGHT + DAY + 5);
  await deliver(here, log);
  expect((await idsOf(here)).decisions).toEqual(['r-2']);
  await pruneTombstones(here.store, MIDNIGHT + DAY + 6);
  await deliver(here, log);
  expect((await idsOf(here)).decisions).toEqual(['r-0', 'r-1', 'r-2']);
});

test('a deleted user may be allowed again, and a later deletion still reaches every partition', async () => {
  const here = await world();
  const of = (name: string, user: string, session: string) =>
    rankingOf(name, MIDNIGHT, { userId: parseUserId(user), sessionId: parseSessionId(session) });
  const add = (decisions: Decision[]) => deliver(here, { decisions, events: [], outcomes: [] });
  await add([
    of('a', ANA, 'one'),
    of('b', 'the-user-ben', 'two'),
    of('c', 'the-user-cleo', 'three'),
  ]);
  await read(here);
  const deletedAt = MIDNIGHT + 100;
  const allow = (before: number) =>
    allowUser(here.store, ANA, before, 'test', MIDNIGHT + 200, someJournal());
  await deleteUser(here.store, ANA, 'test', deletedAt);
  expect((await forget(here)).rewritten).toBe(1);
  expect(await allow(deletedAt)).toEqual({ isAllowed: false, deletedAt });
  expect(await allow(deletedAt + 1)).toEqual({ isAllowed: true });
  expect(await allow(deletedAt + 1)).toEqual({ isAllowed: false });
  await add([of('again', ANA, 'four')]);
  expect((await idsOf(here)).decisions).toContain('again');
  // Its tombstone takes the place of the one that went: it must not be one that partitions have passed.
  await deleteUser(here.store, parseUserId('the-user-ben'), 'test', MIDNIGHT + 300);
  expect((await forget(here)).rewritten).toBe(1);
});

test('a second erasure of the same person renews the tombstones of all their sessions, also of those that came out late', async () => {
  const here = await world();
  const own = (name: string, session: number, user?: string, at = MIDNIGHT) =>
    rankingOf(name, at, {
      sessionId: sessionOf(session),
      ...(user !== undefined && { userId: parseUserId(user) }),
    });
  const add = (...decisions: Decision[]) => deliver(here, { decisions, events: [], outcomes: [] });
  await add(own('login', 1, ANA), own('anonymous', 1), own('of-two', 4, ANA));
  await add(own('of-two-too', 4, 'the-user-ben'));
  const first = MIDNIGHT + DAY;
  await deleteUser(here.store, ANA, 'test', first);
  // That session 2 is Ana's is told by a row that comes later; session 3 was erased by its own visitor.
  await add(own('late', 2, ANA), own('others', 3));
  await deleteSession(here.store, sessionOf(3), 'visitor', first);
  await deleteUser(here.store, parseUserId('the-user-ben'), 'test', first);
  const second = first + 6 * DAY;
  await deleteUser(here.store, ANA, 'test', second);
  await pruneTombstones(here.store, second);
  const left = await here.store.db.all<{ id: string }>(
    sql`select sessionId as id from deleted_sessions order by 1`,
  );
  expect(left.map(({ id }) => id)).toEqual([1, 2, 4].map(sessionOf));
  await add(...[1, 2, 4].map((n) => own(`after-${n}`, n, undefined, second - 1)));
  expect((await idsOf(here)).decisions).toEqual([]);
  // Nor are they allowed again before what they did until the second erasure has arrived.
  expect(await allowUser(here.store, ANA, first + 1, 'test', second + 1, someJournal())).toEqual({
    isAllowed: false,
    deletedAt: second,
  });
});

test('rankings without a session are nobody’s, and stay', async () => {
  const here = await world();
  const nobody = rankingOf('nobody', MIDNIGHT, { sessionId: '' as Decision['sessionId'] });
  const own = rankingOf('own', MIDNIGHT, { sessionId: sessionOf(1), userId: ANA });
  const odd = rankingOf('odd', MIDNIGHT, { sessionId: '' as Decision['sessionId'], userId: ANA });
  await deliver(here, { decisions: [nobody, own, odd], events: [], outcomes: [] });
  await deleteUser(here.store, ANA, 'test', 1);
  expect((await idsOf(here)).decisions).toEqual(['nobody']);
  await deliver(here, {
    decisions: [rankingOf('next', MIDNIGHT, { sessionId: '' as Decision['sessionId'] })],
    events: [],
    outcomes: [],
  });
  expect((await idsOf(here)).decisions).toEqual(['next', 'nobody']);
});
