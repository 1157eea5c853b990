import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { GivenId, SessionId, UserId } from '../../../shared/domain/ids.ts';
import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { Store } from '../../store/open.ts';
import type { LoggedSlate } from '../../science/learn/logged-slate.ts';
import type { Deleted } from '../account/deletions.ts';
import { newestEntry } from '../log-time.ts';
import { sessionsOf } from './delete-user.ts';
import { personalRows } from './personal-rows.ts';

export const EXPORT_FORMAT = 'trimtab-export';
export const EXPORT_VERSION = 1;

/** Whose data are asked for, by the id that the site gives. */
export interface Asked {
  readonly kind: 'user' | 'session';
  readonly id: GivenId;
}

/** The partitions of the training data. */
export interface ReadableSlates {
  partitions(): Promise<readonly PartitionName[]>;
  /** Of one partition the slates of these users, and of these sessions those that name nobody. */
  slatesOf(partition: PartitionName, whose: Deleted): Promise<readonly LoggedSlate[]>;
}
export interface PartitionName {
  readonly schemaHash: string;
  readonly day: string;
}

const PAGE = 200;

/**
 * Everything that is stored of a person, as pieces of one JSON text: by the same rules by which it would be erased. Keyed ids are told
 * to nobody: in their place stand `user` and `session-1`, `session-2` … The last member is `"complete": true`, so that a text that was
 * cut short is no JSON.
 * @param keys all identity keys: the person may be stored under each.
 */
export async function* exportPerson(
  { db }: Pick<Store, 'db'>,
  slates: ReadableSlates,
  { kind, id }: Asked,
  keys: readonly IdentityKey[],
  nowMs: number,
): AsyncGenerator<string> {
  const users: UserId[] = kind === 'user' ? keys.map((key) => key.userId(id)) : [];
  const sessions = kind === 'session' ? keys.map((key) => key.sessionId(id)) : [];
  for (const user of users) {
    const rows = await db.all<{ value: SessionId | null }>(sessionsOf(user));
    for (const { value } of rows) if (value !== null && value !== '') sessions.push(value);
  }
  const labels = new Map<unknown, string>([
    ...users.map((user) => [user, 'user'] as const),
    ...[...new Set(sessions)].map((session, i) => [session, `session-${i + 1}`] as const),
  ]);
  const newest = await newestEntry(db, Number.MAX_SAFE_INTEGER);
  const head = {
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    createdAt: nowMs,
    about: { kind, id },
    waiting: {
      newestEntryAt: newest ?? null,
      note: 'What was done after newestEntryAt may still wait at the edge, and is not part of this: it arrives within seconds, unless the backend could not be reached.',
    },
  };
  yield `${JSON.stringify(head).slice(0, -1)},"tables":{`;
  const listOf = (ids: readonly string[]) =>
    sql`(select value from json_each(${JSON.stringify(ids)}))`;
  const rows: Record<string, number> = {};
  let isFirst = true;
  for (const { table, where } of personalRows({
    users: listOf(users),
    sessions: listOf(sessions),
  })) {
    const from = sql`from ${sql.identifier(table)} where`;
    const found = await db.all<{ row: number }>(
      sql.join(
        where.map((condition) => sql`select rowid as "row" ${from} ${condition}`),
        sql` union `,
      ),
    );
    rows[table] = found.length;
    yield `${isFirst ? '' : ','}\n${JSON.stringify(table)}:[`;
    isFirst = false;
    for (let at = 0; at < found.length; at += PAGE) {
      const some = JSON.stringify(found.slice(at, at + PAGE).map(({ row }) => row));
      const page = await db.all<Record<string, unknown>>(
        sql`select t.* from json_each(${some}) r join ${sql.identifier(table)} t on t.rowid = r.value`,
      );
      const texts = page.map((row) => JSON.stringify(shownRow(row, labels)));
      yield `${at === 0 ? '\n' : ',\n'}${texts.join(',\n')}`;
      await nextTurn();
    }
    yield ']';
  }
  yield '},\n"trainingData":[';
  let slateCount = 0;
  for (const partition of await slates.partitions()) {
    const own = await slates.slatesOf(partition, {
      users: new Set(users),
      sessions: new Set(sessions),
    });
    for (const slate of own)
      yield `${slateCount++ === 0 ? '\n' : ',\n'}${JSON.stringify({ partition, ...shownSlate(slate, labels) })}`;
  }
  const tombstones = await db.all<{ kind: string; at: number }>(sql`
    select 'user' as kind, deletedAt as "at" from deleted_users where userId in ${listOf(users)}
    union all
    select 'session', deletedAt from deleted_sessions where sessionId in ${listOf(sessions)}`);
  yield `],\n"tombstones":${JSON.stringify(tombstones)},\n"counts":${JSON.stringify({
    ...rows,
    trainingData: slateCount,
  })},"complete":true}\n`;
}

/** Columns that hold JSON, and those with one little-endian number per slot. */
const JSON_COLUMNS: ReadonlySet<string> = new Set([
  'request',
  'itemIds',
  'shadow',
  'properties',
  'values',
  'context',
  'outcomes',
  'sessions',
  'after',
  'before',
]);
const INTEGERS: ReadonlySet<string> = new Set(['units', 'raises', 'boosts']);

function shownRow(
  row: Readonly<Record<string, unknown>>,
  labels: ReadonlyMap<unknown, string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [name, shownCell(name, cell, labels)]),
  );
}

function shownCell(name: string, cell: unknown, labels: ReadonlyMap<unknown, string>): unknown {
  const label = labels.get(cell);
  if (label !== undefined) return label;
  if (cell instanceof ArrayBuffer) {
    if (INTEGERS.has(name)) return [...new Int32Array(cell)];
    if (name === 'propensities') return [...new Float64Array(cell)];
    return name === 'teams' || name === 'pinned'
      ? [...new Uint8Array(cell)]
      : base64(new Uint8Array(cell));
  }
  if (typeof cell !== 'string' || !JSON_COLUMNS.has(name)) return cell;
  const value = parsed(cell);
  return name === 'sessions' && Array.isArray(value)
    ? value.map((one: unknown) => labels.get(one) ?? one)
    : value;
}

/** A text that is no JSON, as old rows may have, is told as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const shownSlate = (slate: LoggedSlate, labels: ReadonlyMap<unknown, string>) => ({
  ...slate,
  sessionId: labels.get(slate.sessionId) ?? slate.sessionId,
  userId: labels.get(slate.userId) ?? slate.userId,
  units: [...slate.units],
  ...(slate.raises !== undefined && { raises: [...slate.raises] }),
  ...(slate.boosts !== undefined && { boosts: [...slate.boosts] }),
  ...(slate.pinned !== undefined && { pinned: [...slate.pinned] }),
  propensities: [...slate.propensities],
  codes: base64(slate.codes),
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
