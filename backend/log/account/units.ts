import { sql } from 'drizzle-orm';
import { insertRows } from '../../store/insert-rows.ts';
import type { Statement, Store } from '../../store/open.ts';
import type { Filters } from './settings.ts';
import { newRowsAfter, readMark, type LogMark, type NewRow } from './new-log-rows.ts';
import { readUnits, type UnitRow } from './read-units.ts';

export type UnitKind = 'session' | 'user';

export interface UnitsOf {
  readonly unit: UnitKind;
  /** What a unit did counts for so long from when it was first seen. */
  readonly observeDays: number;
  /** Keys of a request's context that may be kept of a unit. */
  readonly context: readonly string[];
  readonly filters: Filters;
  /** Feedback later than this after its ranking is not credited; then a unit's observation is final. */
  readonly attributionDays: number;
}

/**
 * Brings `metric_units` up to date with the log, from where the last gathering ended. Each unit of which something is
 * new is measured again from its log, so that gathering twice changes nothing; once its observation is over, only
 * outcomes are added.
 * @returns how many units were written.
 */
export async function gatherUnits(
  store: Pick<Store, 'db' | 'write'>,
  settings: UnitsOf,
  nowMs: number,
): Promise<number> {
  const { unit: kind } = settings;
  const name = `metric units by ${kind}`;
  let { text, mark } = await readMark(store.db, name);
  let written = 0;
  for (;;) {
    const found = await newRowsAfter(store.db, mark);
    if (found.rows.length === 0) return written;
    const ids = await unitsOf(store, kind, found.rows);
    const units = await readUnits(store.db, settings, ids, nowMs);
    const [moved] = await store.write([
      moveMark(name, text, found.mark),
      ...upsert(kind, units, nowMs, name, found.mark),
    ]);
    // Another backend gathers too, and was first: what was read here may be older than what it wrote.
    if (moved === 0) return written;
    written += units.length;
    mark = found.mark;
    text = JSON.stringify(mark);
  }
}

/** An outcome that names only a user is one of each of the user's sessions. */
async function unitsOf(
  { db }: Pick<Store, 'db'>,
  kind: UnitKind,
  rows: readonly NewRow[],
): Promise<string[]> {
  const named = rows.map(({ sessionId, userId }) => (kind === 'user' ? userId : sessionId));
  const ids = new Set(named.filter((id) => id !== null));
  const users = rows.flatMap(({ sessionId, userId }) => (sessionId === null ? (userId ?? []) : []));
  if (kind === 'session' && users.length > 0) {
    const sessions = await db.all<{ unit: string }>(sql`
      select unit from metric_units where kind = 'session'
        and userId in (select value from json_each(${JSON.stringify(users)}))`);
    for (const { unit } of sessions) ids.add(unit);
  }
  return [...ids];
}

function moveMark(name: string, from: string | undefined, to: LogMark): Statement {
  const text = JSON.stringify(to);
  return {
    toSQL: () =>
      from === undefined
        ? {
            sql: `insert into log_marks (name, value) values (?, ?) on conflict do nothing`,
            params: [name, text],
          }
        : {
            sql: `update log_marks set value = ? where name = ? and value = ?`,
            params: [text, name, from],
          },
  };
}

/** Only where the mark was moved just before, and never of a user who was deleted meanwhile. */
function upsert(
  kind: UnitKind,
  units: readonly UnitRow[],
  nowMs: number,
  markName: string,
  mark: LogMark,
): Statement[] {
  return insertRows({
    table: 'metric_units',
    columns: ['unit', 'kind', 'firstAt', 'userId', 'values', 'context', 'outcomes', 'updatedAt'],
    conditionColumns: ['users'],
    rows: units.map(({ unit, firstAt, userId, users = [], values, context, outcomes }) => [
      unit,
      kind,
      firstAt,
      userId,
      JSON.stringify(values),
      JSON.stringify(context),
      JSON.stringify(outcomes),
      nowMs,
      JSON.stringify(users),
    ]),
    where: {
      sql: `(select value from log_marks where name = ?) = ?
        and not exists (
          select 1 from deleted_users d where d."userId" = given."userId"
            or exists (select 1 from json_each(given.users) u where u.value = d."userId"))`,
      params: [markName, JSON.stringify(mark)],
    },
    onConflict: `(kind, unit) do update set "firstAt" = excluded."firstAt", "userId" = excluded."userId",
      "values" = excluded."values", context = excluded.context, outcomes = excluded.outcomes,
      "updatedAt" = excluded."updatedAt"`,
  });
}
