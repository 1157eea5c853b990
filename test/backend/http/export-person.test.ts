import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Client } from '@libsql/client';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personExport } from '../../../backend/http/routes/person-export-shape.ts';
import { readPart } from '../../../backend/log/partitions/part-file.ts';
import { PERSONAL_TABLES } from '../../../backend/log/retention/personal-rows.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { runCli } from '../cli/support/cli.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf, eventOf } from '../support/decisions.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';

let backend: TestBackend;
let database: Client;
beforeAll(async () => {
  backend = await startTestBackend();
  database = createClient({ url: backend.config.database.url });
});
afterAll(async () => {
  database.close();
  await backend.close();
});

const HOUR = 3_600_000;
let batches = 0;
let rankings = 0;

/** A visit as an edge sends it: a ranking with ids that are keyed already, and a click on it. */
function visit(session: string, user: string | undefined, at: number): Decision {
  return decisionOf(`ranking-${rankings++}`, {
    at,
    arm: 'exp_1:control',
    snapshot: '',
    sessionId: parseSessionId(keyedSession(session)),
    context: { placement: 'main' as never, consent: 'personalise' },
    ...(user !== undefined && { userId: parseUserId(keyedUser(user)) }),
  });
}
const clickOn = (decision: Decision) =>
  eventOf(`click-${decision.rankingId}`, decision.rankingId, {
    sessionId: decision.sessionId,
    placement: 'main' as never,
    timestamp: decision.at + 1000,
    receivedAt: decision.at + 1000,
    ...(decision.userId !== undefined && { userId: decision.userId }),
  });
async function deliver(decisions: readonly Decision[]) {
  const batch = { batchId: `visits-${batches++}`, decisions, events: decisions.map(clickOn) };
  expect((await send(backend, batch)).status).toBe(200);
}

/** Every row of every table in which one of these ids stands anywhere, as `table rowid`. */
async function rowsNaming(ids: readonly string[]): Promise<Map<string, Record<string, unknown>>> {
  const found = new Map<string, Record<string, unknown>>();
  const tables = await database.execute(
    `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`,
  );
  for (const row of tables.rows) {
    const name = row.name as string;
    const { rows } = await database.execute(`select rowid as "rowNumber", * from "${name}"`);
    for (const one of rows) {
      const text = JSON.stringify(one, (_, cell: unknown) =>
        cell instanceof ArrayBuffer ? Buffer.from(cell).toString('latin1') : cell,
      );
      if (ids.some((id) => text.includes(id))) found.set(`${name} ${one.rowNumber as number}`, one);
    }
  }
  return found;
}

async function slatesNaming(ids: readonly string[]): Promise<string[]> {
  const { path } = backend.config.trainingStore as { path: string };
  const found: string[] = [];
  for (const file of readdirSync(path, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.parquet'))
      for await (const slate of readPart(new Uint8Array(readFileSync(join(path, file)))))
        if (ids.includes(slate.sessionId) || ids.includes(slate.userId ?? ''))
          found.push(slate.rankingId);
  return found.toSorted();
}

const exported = async (kind: 'users' | 'sessions', id: string) => {
  const { status, body, headers } = await backend.call('POST', `/v1/${kind}/export`, { id });
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  return personExport.parse(body);
};
const keyOf = (row: Record<string, unknown>) =>
  String(row.eventId ?? row.outcomeId ?? row.rankingId ?? row.unit ?? row.subject ?? row.day);

test('an export holds every row and slate that names the person, nothing else does, and nothing of others', async () => {
  const now = Date.now() - 30 * HOUR;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          session: fc.integer({ min: 0, max: 4 }),
          user: fc.constantFrom(undefined, 'ana', 'ben'),
          hour: fc.integer({ min: 0, max: 20 }),
        }),
        { minLength: 3, maxLength: 14 },
      ),
      async (visits) => {
        // A new person and new sessions each time.
        const run = `${batches}`;
        const person = `ana-${run}`;
        const session = (n: number) => `session-${n}-${run}`;
        const made = visits.map(({ session: n, user, hour }) =>
          visit(session(n), user && `${user}-${run}`, now + hour * HOUR),
        );
        const first = visit(session(0), person, now);
        await deliver([first, ...made]);
        const outcome = (outcomeId: string, whose: object) => ({
          outcomeId: `${outcomeId}-${run}`,
          ...whose,
          metric: 'revenue',
          value: 5,
          at: Date.now(),
        });
        const outcomes = [
          outcome('of-ana', { userId: person }),
          outcome('of-session', { sessionId: session(0) }),
          outcome('of-ben', { userId: `ben-${run}` }),
        ];
        expect((await backend.call('POST', '/v1/outcomes', outcomes)).status).toBe(200);
        const excluded = { kind: 'user', subject: keyedUser(person), reason: 'a test' };
        expect((await backend.call('POST', '/v1/data/exclusions', excluded)).status).toBeLessThan(
          300,
        );
        await backend.call('GET', '/v1/data/quality');

        const found = await exported('users', person);
        const user = keyedUser(person);
        const own = [first, ...made].flatMap(({ sessionId, userId }) =>
          userId === user ? [sessionId] : [],
        );
        // What names her is hers; so is what names nobody in a session of hers, and of sessions on days that nobody else had.
        const benIn = new Set(
          made.flatMap(({ sessionId, userId }) =>
            userId !== undefined && userId !== user ? [sessionId] : [],
          ),
        );
        const isHers = (row: Record<string, unknown>, table: string) => {
          const cells = Object.values(row);
          if (cells.includes(user)) return true;
          if (table === 'session_days') return !benIn.has(row.sessionId as never);
          return (row.userId ?? row.creditedUser ?? null) === null;
        };
        const naming = await rowsNaming([user, ...own]);
        const expected: Record<string, string[]> = {};
        for (const [name, row] of naming) {
          const [table] = name.split(' ');
          if (!isHers(row, table)) continue;
          expect(PERSONAL_TABLES).toContain(table);
          (expected[table] ??= []).push(keyOf(row));
        }
        const handedOut = Object.fromEntries(
          Object.entries(found.tables).flatMap(([table, rows]) =>
            rows.length === 0 || (table === 'session_days' && benIn.size > 0)
              ? []
              : [[table, rows.map(keyOf).toSorted()]],
          ),
        );
        if (benIn.size > 0) delete expected.session_days;
        const labelled = Object.fromEntries(
          Object.entries(expected).map(([table, keys]) => [table, keys.toSorted()]),
        );
        for (const table of ['training_exclusions', 'metric_units', 'experiment_units'])
          for (const side of [handedOut, labelled]) side[table] = [String(side[table]?.length)];
        expect(handedOut).toEqual(labelled);
        expect(found.tables.decisions.length).toBe(found.counts.decisions);
        expect(found.tables.training_exclusions).toMatchObject([
          { kind: 'user', subject: 'user', reason: 'a test' },
        ]);
        const slates = found.trainingData.map(({ rankingId }) => rankingId as string).toSorted();
        const logged = new Set(found.tables.decisions.map(({ rankingId }) => rankingId as string));
        expect(slates).toEqual((await slatesNaming([user, ...own])).filter((id) => logged.has(id)));
        // No keyed id, and of another person nothing.
        const text = JSON.stringify(found);
        for (const id of [user, ...own, keyedUser(`ben-${run}`), `ben-${run}`])
          expect(text).not.toContain(id);
        for (const { request, units, codes } of found.tables.decisions) {
          expect(request).toEqual({ preferences: { themes: ['food'] } });
          expect(units).toEqual([65_536, -3, 0]);
          expect(Buffer.from(codes as string, 'base64').length).toBeGreaterThan(0);
        }

        // What was handed out is what is erased: afterwards only tombstones name her.
        await backend.call('POST', '/v1/users/delete', { id: person });
        const after = await exported('users', person);
        expect(Object.values(after.tables).flat()).toEqual([]);
        expect([after.trainingData, after.tombstones.length]).toEqual([[], 1 + new Set(own).size]);
        for (const name of (await rowsNaming([user])).keys())
          expect(name).toMatch(/^deleted_users /);
      },
    ),
    { numRuns: 4 },
  );
}, 120_000);

test('a session is exported by its own id, and so is nobody’s', async () => {
  await deliver([
    visit('alone', undefined, Date.now() - HOUR),
    visit('alone', 'somebody', Date.now() - HOUR),
  ]);
  const { tables, about } = await exported('sessions', 'alone');
  expect(about).toEqual({ kind: 'session', id: 'alone' });
  expect(tables.decisions).toMatchObject([{ sessionId: 'session-1', userId: null }]);
  expect(tables.events).toHaveLength(1);
  const nobody = await exported('users', 'never-here');
  expect(Object.values(nobody.tables).flat()).toEqual([]);
  const file = join(backend.config.erasureFolder, '..', 'export.json');
  const { exitCode } = await runCli(
    ['users', 'export', '--session', 'alone', '--out', file, '--backend', backend.url],
    { TRIMTAB_KEY: SECRET_KEY },
  );
  expect(exitCode).toBe(0);
  const written = JSON.parse(readFileSync(file, 'utf8')) as object;
  expect(written).toMatchObject({ tables, complete: true });
  const audit = await backend.call('GET', '/v1/audit');
  expect(JSON.stringify(audit.body)).toContain('export session');
  expect(JSON.stringify(audit.body)).not.toContain('alone');
});
