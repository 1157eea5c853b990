import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { versions } from '../../../../backend/models/versions.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseEventId, parseSessionId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { borrowStore, type BorrowedStore } from '../../../support/borrow-store.ts';
import { sized } from '../../../support/size.ts';
import { everybodyIn, everyReader } from '../support/every-reader.ts';
import { crowdedDays, happened, NOON, rankingOf } from '../support/log.ts';

const RULES: Rules = { attributionDays: 7, filters: DEFAULT_TRAINING_DATA.filters };
const FLOOD = sized({ small: 70_000, full: 300_000 });
const PER_BATCH = 10_000;
/** More than one slice of events takes, and less than the flood would. */
const MOST_BYTES = 5_000_000;

let folder: string;
let store: BorrowedStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-flood-'));
  store = await borrowStore();
  await versions(store, () => 1).ensureRules(smarttrip);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  rmSync(folder, { recursive: true });
});

const inExperiments = (decision: Decision): Decision => ({
  ...decision,
  arm: 'exp_1:control exp_2:control exp_3:control',
  teams: Uint8Array.from(decision.itemIds, (_, slot) => slot % 2),
});

function people() {
  const { decisions, events } = crowdedDays(2, 150, 7);
  return { decisions: decisions.map(inExperiments), events };
}

/** Clicks with which nothing is wrong but their number. */
const flood = (ranking: Decision, from: number, to: number): CollectedEvent[] =>
  Array.from({ length: to - from }, (_, i) =>
    happened(ranking, 'click', {
      eventId: parseEventId(`flood-${from + i}`),
      slot: (from + i) % 3,
      afterMs: 5000 + (from + i) * 1500,
    }),
  );

async function addFlood(ranking: Decision, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += PER_BATCH)
    await ingest(
      store,
      {
        batchId: `f-${at}`,
        decisions: [],
        events: flood(ranking, at, Math.min(to, at + PER_BATCH)),
      },
      NOON,
    );
}

/** The most bytes that one read of the database gave. */
function largestRead(): () => number {
  const { $client } = store.db as unknown as {
    $client: { execute: (...args: unknown[]) => Promise<{ rows: unknown[] }> };
  };
  const execute = $client.execute.bind($client);
  let most = 0;
  vi.spyOn($client, 'execute').mockImplementation(async (...args) => {
    const result = await execute(...args);
    most = Math.max(most, JSON.stringify(result.rows).length);
    return result;
  });
  return () => most;
}

test(`one ranking with ${FLOOD} events, from an edge that had no caps, neither fills memory nor changes a figure of others`, async () => {
  const { decisions, events } = people();
  const experiments = await everybodyIn(store);
  const days = decisions.map(({ at }) => at);
  await ingest(store, { batchId: 'people', decisions, events }, NOON);
  await updateAccount(store, RULES, 0);
  const before = await everyReader(store, experiments, join(folder, 'before'), RULES, days);
  expect(before.training.click).toBeGreaterThan(100);

  const flooded = inExperiments(
    rankingOf('flooded', NOON, { sessionId: parseSessionId('flooder') }),
  );
  await ingest(store, { batchId: 'flooded', decisions: [flooded], events: [] }, NOON);
  await addFlood(flooded, 0, FLOOD);
  const bytes = largestRead();
  await updateAccount(store, RULES, 0);
  const after = await everyReader(store, experiments, join(folder, 'after'), RULES, days);
  const { faults, ...rest } = after;
  expect(rest).toEqual({ ...before, faults: undefined });
  expect(faults).toEqual({ ...before.faults, too_many_events: FLOOD });
  expect(bytes()).toBeLessThan(MOST_BYTES);
});

test('a ranking is flooded from the event on by which it is, and stays so, whenever the account is brought up to date', async () => {
  const most = RULES.filters.maxEventsPerRanking;
  const ranking = rankingOf('slow', NOON, { sessionId: parseSessionId('slow-flooder') });
  await ingest(store, { batchId: 'slow', decisions: [ranking], events: [] }, NOON);
  const found = async () => {
    await updateAccount(store, RULES, 0);
    const [session] = await store.db.all(sql`select fault from session_days`);
    const counts = await store.db.all(
      sql`select fault, count(*) as events from events group by 1 order by 1`,
    );
    return { ...(session as object), counts };
  };
  await addFlood(ranking, 0, most);
  expect(await found()).toEqual({ fault: null, counts: [{ fault: '', events: most }] });
  await addFlood(ranking, most, most + 1);
  const flooded = (events: number) => ({
    fault: 'too_many_events',
    counts: [{ fault: 'too_many_events', events }],
  });
  expect(await found()).toEqual(flooded(most + 1));
  await addFlood(ranking, most + 1, most + 3);
  expect(await found()).toEqual(flooded(most + 3));
});

test('rankings of which none is flooded are read in slices that fit into memory', async () => {
  const events = 4000;
  const rankings = Array.from({ length: sized({ small: 15, full: 40, hours: 75 }) }, (_, n) =>
    rankingOf(`busy-${n}`, NOON + n * 60_000),
  );
  await ingest(store, { batchId: 'busy', decisions: rankings, events: [] }, NOON);
  for (const [n, ranking] of rankings.entries()) {
    const own = flood(ranking, 0, events).map((event, i) => ({
      ...event,
      eventId: parseEventId(`${n}-${i}`),
    }));
    await ingest(store, { batchId: `busy-${n}`, decisions: [], events: own }, NOON);
  }
  const experiments = await everybodyIn(store);
  const bytes = largestRead();
  await updateAccount(store, RULES, 0);
  const { training, sessions } = await everyReader(
    store,
    experiments,
    join(folder, 'parts'),
    RULES,
    [NOON],
  );
  const clicks = rankings.length * events;
  expect({ training: training.click, sessions: sessions.click }).toEqual({
    training: clicks,
    sessions: clicks,
  });
  expect(bytes()).toBeLessThan(MOST_BYTES);
});
