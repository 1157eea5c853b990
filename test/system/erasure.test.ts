import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { distinctIn } from '../../backend/log/partitions/part-file.ts';
import type { GivenId } from '../../shared/domain/ids.ts';
import { rankBodies } from '../bench/support/rank-bodies.ts';
import {
  call,
  clickOn,
  openDatabase,
  putItems,
  rank,
  train,
  type Ranking,
} from '../support/client.ts';
import { identityOf, startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const SEED = 20_261_128;
const OTHERS = 120;
const ANA = 'customer-4711-ana' as GivenId;
const BEN = 'customer-4712-ben' as GivenId;
/** Only Ana's: one in which she logs in, one in which she always was. And one that Ben took over. */
const OWN = ['visit-of-ana-one', 'visit-of-ana-two'] as GivenId[];
const SHARED = 'visit-at-the-family-tablet' as GivenId;

let system: System;
beforeAll(async () => {
  system = await startSystem({ config: { trainingData: { pruneSchedule: '' } } });
});
afterAll(() => system?.stop());

test('nothing of a deleted person is left in any file but the tombstones, and of the others everything', async () => {
  const identity = identityOf(system);
  const [ana, ben] = [identity.userId(ANA), identity.userId(BEN)];
  const own = OWN.map((id) => identity.sessionId(id));
  const [one, two] = OWN;
  await putItems(system, demoCatalogue(300, SEED, Date.now()));
  const before = await visit({ sessionId: one });
  await visit({ sessionId: one, userId: ANA });
  await visit({ sessionId: two, userId: ANA });
  for (const [i, body] of rankBodies(OTHERS, SEED).entries())
    await visit({ ...body, sessionId: `visit-${i}`, ...(i % 3 === 0 && { userId: `user-${i}` }) });
  await visit({ sessionId: two });
  await visit({ sessionId: SHARED });
  await visit({ sessionId: SHARED, userId: ANA });
  await visit({ sessionId: SHARED, userId: BEN });
  // As soon as they are there: what was shipped is written over by what comes next.
  for (const id of [ana, ...own])
    await until('the edge has them in its files', async () =>
      filesWith([id]).some((file) => file.startsWith('edge/')),
    );
  const outcomes = (at: number) => [
    { outcomeId: `of-ana-${at}`, userId: ANA, metric: 'revenue', value: 90, at },
    { outcomeId: `of-visit-${at}`, sessionId: one, metric: 'revenue', value: 80, at },
    { outcomeId: `of-ben-${at}`, userId: BEN, metric: 'revenue', value: 70, at },
  ];
  await call(system, 'POST', '/v1/outcomes', outcomes(Date.now()));
  await arrived(OTHERS + 7);
  await train(system, { force: true });
  // The search finds them while they are stored, or its silence would mean nothing.
  for (const id of [ana, ...own]) {
    expect(filesWith([id]).some((file) => file.startsWith('trimtab.db'))).toBe(true);
    expect((await filesNaming([id])).length).toBeGreaterThan(0);
  }
  const others = await rowsOfOthers([...own, ana]);

  const { deleted } = await call<Deleted>(system, 'DELETE', `/v1/users/${ANA}`);
  expect(deleted).toEqual({ decisions: 6, events: 6, outcomes: 2 });
  const beside = (files: readonly string[]) =>
    files.filter((file) => !/^(?:edge\/|(?:training-data\/)?erasures\/)/.test(file));
  expect(beside(filesWith([ana, ...own]))).toEqual(['trimtab.db']);
  expect(await filesNaming([ana, ...own])).toEqual([]);
  // Feedback by a token from before the deletion, what she does as if nothing had been, and late outcomes.
  await click(before);
  await visit({ sessionId: one });
  await visit({ sessionId: 'visit-of-ana-three', userId: ANA });
  await call(system, 'POST', '/v1/outcomes', outcomes(Date.now()).slice(0, 2));
  const last = await visit({ sessionId: 'visit-last' });
  await until('the last click is in', async () => (await countOf('events', last.rankingId)) === 1);
  await call(system, 'POST', '/v1/data/prune');
  await train(system, { force: true });

  await system.edge.stop();
  await system.backend.stop();
  const raw = [ANA, ...OWN, SHARED, BEN].flatMap(formsOf);
  expect(filesWith(raw)).toEqual([]);
  const third = identity.sessionId('visit-of-ana-three' as GivenId);
  const keyed = [ana, ...own, third];
  // The journal of erasures lies in two places, and has what tombstones have.
  expect(beside(filesWith(keyed.flatMap(formsOf)))).toEqual(['trimtab.db']);
  expect(await filesNaming(keyed)).toEqual([]);
  expect((await filesNaming([identity.userId('user-3' as GivenId)])).length).toBeGreaterThan(0);
  // A tombstone is a row and its entry in the index of its key.
  const database = readFileSync(join(system.directory, 'trimtab.db'));
  for (const id of keyed) expect(occurrences(database, id)).toBe(2);
  expect(await tombstones()).toEqual({ users: [ana], sessions: keyed.slice(1).toSorted() });
  expect(await rowsOfOthers([])).toEqual({
    ...others,
    decisions: [...others.decisions, last.rankingId].toSorted(),
    events: [...others.events, last.rankingId].toSorted(),
  });
  expect(others.decisions.length).toBe(OTHERS + 1);
  expect(occurrences(database, ben)).toBeGreaterThan(0);
});

interface Deleted {
  readonly deleted: {
    readonly decisions: number;
    readonly events: number;
    readonly outcomes: number;
  };
}

/** Ranks, and clicks on the first item. */
async function visit(body: object): Promise<Ranking> {
  const ranking = await rank(system, { limit: 5, ...body });
  await click(ranking);
  return ranking;
}

async function click(ranking: Ranking): Promise<void> {
  const { status } = await system.edge.ask('/v1/events', {
    key: system.keys.publishableKey,
    body: [clickOn(ranking, ranking.items[0].id)],
  });
  expect(status).toBe(202);
}

const arrived = (visits: number) =>
  until('all is ingested', async () => {
    const { counts } = await call<{ counts: { decisions: number; events: number } }>(
      system,
      'GET',
      '/v1/status',
    );
    return counts.decisions === visits && counts.events === visits;
  });

async function inDatabase<T>(use: (db: ReturnType<typeof openDatabase>['db']) => Promise<T>) {
  const { db, close } = openDatabase(system);
  try {
    return await use(db);
  } finally {
    close();
  }
}

const countOf = (table: string, rankingId: string) =>
  inDatabase(async (db) => {
    const [row] = await db.all<{ n: number }>(
      sql`select count(*) as n from ${sql.identifier(table)} where rankingId = ${rankingId}`,
    );
    return row.n;
  });

/** What is neither of these sessions and users nor of the visit that nobody was logged in at the shared tablet. */
const rowsOfOthers = (ids: readonly string[]) =>
  inDatabase(async (db) => {
    const shared = identityOf(system).sessionId(SHARED);
    const read = async (table: string, key: string) => {
      const rows = await db.all<{ id: string; sessionId: string; userId: string | null }>(
        sql`select ${sql.identifier(key)} as id, sessionId, userId from ${sql.identifier(table)}`,
      );
      return rows
        .filter(
          ({ sessionId, userId }) =>
            !ids.includes(sessionId) &&
            !ids.includes(userId ?? '') &&
            !(sessionId === shared && userId === null),
        )
        .map(({ id }) => id)
        .toSorted();
    };
    return {
      decisions: await read('decisions', 'rankingId'),
      events: await read('events', 'rankingId'),
      outcomes: await read('outcomes', 'outcomeId'),
    };
  });

const tombstones = () =>
  inDatabase(async (db) => {
    const users = await db.all<{ id: string }>(sql`select userId as id from deleted_users`);
    const sessions = await db.all<{ id: string }>(
      sql`select sessionId as id from deleted_sessions`,
    );
    const shared = identityOf(system).sessionId(SHARED);
    const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).toSorted();
    return { users: ids(users), sessions: ids(sessions).filter((id) => id !== shared) };
  });

/** An id as text, as hexadecimal, and in base64 wherever in a longer text it begins. */
function formsOf(id: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from(`${'.'.repeat(shift)}${id}`)
      .toString('base64')
      .replaceAll('=', '')
      // The first characters depend on what is before the id, the last one on what comes after.
      .slice(shift === 0 ? 0 : shift + 1, -1),
  );
  const hex = Buffer.from(id).toString('hex');
  return [id, hex, hex.toUpperCase(), ...base64];
}

function occurrences(bytes: Buffer, text: string): number {
  let count = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) count++;
  return count;
}

/** The files of the whole system in which any of these texts is. */
const filesWith = (texts: readonly string[]): string[] =>
  readdirSync(system.directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => {
      const bytes = bytesOf(join(system.directory, file));
      return bytes !== undefined && texts.some((text) => bytes.includes(text));
    })
    .toSorted();

/** Undefined of a folder, and of a file that the edge removed since it was listed: SQLite's shared memory comes and goes. */
function bytesOf(path: string): Buffer | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The same of what Parquet files say: their pages are compressed. */
async function filesNaming(ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of readdirSync(system.directory, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.parquet')) continue;
    const bytes = new Uint8Array(readFileSync(join(system.directory, file)));
    for (const column of ['sessionId', 'userId']) {
      const named = await distinctIn(bytes, column);
      if (ids.some((id) => named.has(id))) found.push(file);
    }
  }
  return found;
}
