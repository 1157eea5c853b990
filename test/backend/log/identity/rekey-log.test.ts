import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import { readPart } from '../../../../backend/log/partitions/part-file.ts';
import { readPartBytes, writeManifest } from '../../../../backend/log/partitions/partition.ts';
import { rekeyPartitions, syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { rekeyLog } from '../../../../backend/log/identity/rekey-log.ts';
import { recordOutcomes } from '../../../../backend/log/ingest/outcomes.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { versions } from '../../../../backend/models/versions.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { identityKey } from '../../../../shared/domain/identity.ts';
import { parseUserId, type GivenId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { crowdedDays, DAY, NOON } from '../support/log.ts';
import { everybodyIn, everyReader } from '../support/every-reader.ts';

const key = identityKey('a secret');
const SPAN = { from: 0, to: Date.UTC(2100, 0, 1) };

let folder: string;
let url: string;
let store: Store;

beforeEach(async () => {
  folder = temporaryFolder();
  url = `file:${join(folder, 'trimtab.db')}`;
  store = await openStore({ url });
  await versions(store, () => 1).ensureRules(smarttrip);
});
afterEach(() => store.close());

/** A few days of visitors under ids as an edge of before sent them, with outcomes, units, experiments and partitions. */
async function filled() {
  const experiments = await everybodyIn(store);
  const { decisions, events } = crowdedDays(3, 120, 7);
  const inExperiments = decisions.map((one, i) => ({
    ...one,
    arm: `exp_1:${i % 2 === 0 ? 'control' : 'treatment'} exp_2:control`,
  }));
  await ingest(store, { batchId: 'b', decisions: inExperiments, events }, NOON + 4 * DAY);
  await recordOutcomes(
    store,
    Array.from({ length: 40 }, (_, i) => ({
      outcomeId: `o-${i}`,
      ...(i % 2 === 0 ? { userId: `user-${3 * i}` } : { sessionId: `session-${i}` }),
      metric: 'value',
      value: i,
      at: NOON + 2 * DAY + i,
    })),
    NOON + 4 * DAY,
  );
  await deleteUser(store, parseUserId('user-9'), 'test', NOON + 4 * DAY);
  await updateAccount(store, DEFAULT_TRAINING_DATA, NOON + 4 * DAY);
  const read = () =>
    everyReader(store, experiments, join(folder, 'partitions'), DEFAULT_TRAINING_DATA, [
      NOON,
      NOON + DAY,
    ]);
  return { read };
}

/** Every row that names somebody, by table. */
async function rows() {
  const client = createClient({ url });
  const found: Record<string, Record<string, string>[]> = {};
  for (const table of [
    'decisions',
    'events',
    'exposures',
    'session_days',
    'user_days',
    'outcomes',
    'metric_units',
    'experiment_units',
    'deleted_users',
  ]) {
    const { rows: all, columns } = await client.execute(`select rowid as id, * from ${table}`);
    found[table] = all.map((row) =>
      Object.fromEntries(columns.map((name) => [name, JSON.stringify(row[name] ?? null)])),
    );
  }
  client.close();
  return found;
}

const keyed = (text: string): string =>
  text.replaceAll(/\b(session|user)-\d+\b/g, (id, kind) =>
    kind === 'user' ? key.userId(id as GivenId) : key.sessionId(id as GivenId),
  );

test('every row stays, with what it names keyed, and nothing is left of the ids as they were', async () => {
  await filled().then(({ read }) => read());
  const before = await rows();
  expect(before.metric_units.length).toBeGreaterThan(50);
  expect(before.experiment_units.length).toBeGreaterThan(50);
  const said: string[] = [];
  await rekeyLog(store, key, NOON, (message) => said.push(message));
  expect(said).toHaveLength(1);
  const after = await rows();
  const inOrder = (all: Record<string, string>[]) =>
    all.map((row) => JSON.stringify(row)).toSorted();
  for (const [table, all] of Object.entries(before)) {
    expect(all.length, table).toBeGreaterThan(0);
    const expected = all.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [
          name,
          // Sessions of a unit are a set.
          name === 'sessions' ? sorted(keyed(cell)) : keyed(cell),
        ]),
      ),
    );
    const found = after[table].map((row) => ({
      ...row,
      ...('sessions' in row && { sessions: sorted(row.sessions) }),
    }));
    expect(inOrder(found), table).toEqual(inOrder(expected));
  }
  await store.close();
  for (const file of readdirSync(folder).filter((name) => name.startsWith('trimtab.db')))
    expect(leftIn(readFileSync(join(folder, file)))).toEqual([]);
  store = await openStore({ url });
});

/** Ids as they were, each with what stands around it. */
const leftIn = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes)
    .toString('latin1')
    .match(/.{0,20}(?:session|user)-\d+(?![\w-]).{0,20}/gs) ?? [];

/** A JSON list inside of a JSON text. */
const sorted = (cell: string) =>
  JSON.stringify((JSON.parse(JSON.parse(cell) as string) as string[]).toSorted());

test('every reader reports the same as before, and a second time changes nothing', async () => {
  const { read } = await filled();
  const before = await read();
  await rekeyLog(store, key, NOON, () => {});
  await rekeyLog(store, identityKey('another'), NOON, () => {});
  expect(await read()).toEqual(before);
  await updateAccount(store, DEFAULT_TRAINING_DATA, NOON + 4 * DAY);
  expect(await read()).toEqual(before);
});

test('what was cut short is carried on, and of two that do it at once one does', async () => {
  await filled().then(({ read }) => read());
  const failing: Store = {
    ...store,
    write: (statements) =>
      statements.some((one) => one.toSQL().sql.includes('update "outcomes"'))
        ? Promise.reject(new Error('the power went'))
        : store.write(statements),
  };
  await expect(rekeyLog(failing, key, NOON, () => {})).rejects.toThrow('the power went');
  const other = await openStore({ url });
  await rekeyLog(other, key, NOON, () => {});
  await rekeyLog(store, key, NOON, () => {});
  await other.close();
  for (const [table, all] of Object.entries(await rows()))
    for (const row of all) expect(JSON.stringify(row), table).not.toMatch(/(session|user)-\d+/);
  const [{ users }] = await store.db.all<{ users: number }>(
    sql`select count(distinct userId) as users from decisions where userId = ${key.userId('user-3' as GivenId)}`,
  );
  expect(users).toBe(1);
});

test('partitions are written anew with keyed ids, those whose log is gone too', async () => {
  await filled().then(({ read }) => read());
  const objects = openObjectStore({ kind: 'folder', path: join(folder, 'partitions') });
  const deps = {
    db: store.db,
    objects,
    accountRules: DEFAULT_TRAINING_DATA,
    nowMs: () => NOON,
    maxLagMs: 0,
  };
  const manifests = await syncPartitions(deps, smarttrip, SPAN);
  // As a build of before wrote them.
  for (const { ids: _, ...manifest } of manifests) await writeManifest(objects, manifest);
  const visitors = async () => {
    const found: string[] = [];
    for (const { parts } of await syncPartitions(deps, smarttrip, SPAN))
      for (const part of parts)
        for await (const slate of readPart(await readPartBytes(objects, part)))
          found.push(`${slate.rankingId} ${slate.sessionId} ${slate.userId}`);
    return found;
  };
  const before = await visitors();
  expect(before.length).toBeGreaterThan(100);
  expect(await rekeyPartitions(deps, key)).toBe(manifests.length);
  expect(await rekeyPartitions(deps, key)).toBe(0);
  expect(await visitors()).toEqual(before.map(keyed));
  for (const name of await objects.list('')) expect(leftIn((await objects.get(name))!)).toEqual([]);
});
