import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { insertRows } from '../../store/insert-rows.ts';
import type { Statement, Store } from '../../store/open.ts';
import { readNewestDeletion } from './deletions.ts';
import { CLASSIFIED, markText, moveMark, readMark, type ClassifiedMark } from './mark.ts';
import { readUnits } from './read-units.ts';
import type { UnitKind, UnitRow, UnitsOf } from './unit.ts';
import { revisionAfter } from './revision.ts';
import { accountVersion } from './rules.ts';
import { updateAccount } from './update-account.ts';

/** How far the account was gathered. */
interface GatheredMark {
  readonly version: string;
  /** Of `session_days`. */
  readonly revision: number;
}

/**
 * Brings `metric_units` up to date with the account, from where the last gathering ended. Each unit of which something is
 * new is measured again from its log, so that gathering twice changes nothing; once its observation is over, only
 * outcomes are added.
 * @returns how many units were written.
 */
export async function gatherUnits(
  store: Pick<Store, 'db' | 'write'>,
  settings: UnitsOf,
  nowMs: number,
): Promise<number> {
  const { db } = store;
  const { unit: kind } = settings;
  const version = accountVersion(settings);
  const name = `metric units by ${kind}`;
  await updateAccount(store, settings, nowMs);
  const { mark: classified } = await readMark<ClassifiedMark>(db, CLASSIFIED);
  if (classified?.version !== version) return 0;
  let written = 0;
  for (;;) {
    const deletion = await readNewestDeletion(db);
    const { text, mark } = await readMark<GatheredMark>(db, name);
    const from = mark?.version === version ? mark.revision : 0;
    const to = await revisionAfter(db, from);
    if (to === from) return written;
    const ids = await unitsBetween(db, kind, from, to);
    const units = await readUnits(db, settings, classified.closedBefore, ids);
    const next = markText({ version, revision: to } satisfies GatheredMark);
    const [moved] = await store.write([
      moveMark(name, text, next),
      ...upsert(kind, units, { nowMs, markName: name, mark: next, deletion }),
    ]);
    // Another backend gathers too, and was first: what was read here may be older than what it wrote.
    if (moved === 0) return written;
    written += units.length;
  }
}

async function unitsBetween(
  db: LibSQLDatabase,
  kind: UnitKind,
  from: number,
  to: number,
): Promise<string[]> {
  const changed = sql`(select sessionId from session_days where revision > ${from} and revision <= ${to})`;
  const rows = await db.all<{ unit: string }>(
    kind === 'session'
      ? sql`select distinct sessionId as unit from ${changed} where sessionId <> ''`
      : sql`select userId as unit from user_days where sessionId in ${changed}
          union select creditedUser from outcomes
          where creditedSession in ${changed} and creditedUser is not null`,
  );
  return rows.map(({ unit }) => unit);
}

/**
 * Only where the mark was moved just before, and never of a user or session that was deleted meanwhile.
 * @param at `deletion`: the newest one when the units were read.
 */
function upsert(
  kind: UnitKind,
  units: readonly UnitRow[],
  at: { nowMs: number; markName: string; mark: string; deletion: number },
): Statement[] {
  const { nowMs, markName, mark, deletion } = at;
  return insertRows({
    table: 'metric_units',
    columns: [
      'unit',
      'kind',
      'firstAt',
      'userId',
      'values',
      'context',
      'outcomes',
      'updatedAt',
      'account',
    ],
    conditionColumns: ['users'],
    rows: units.map(({ users = [], ...row }) => [
      row.unit,
      kind,
      row.firstAt,
      row.userId,
      JSON.stringify(row.values),
      JSON.stringify(row.context),
      JSON.stringify(row.outcomes),
      nowMs,
      row.account,
      JSON.stringify(users),
    ]),
    where: {
      sql: `(select value from log_marks where name = ?) = ?
        and not exists (
          select 1 from deleted_users d where d."userId" = given."userId"
            or exists (select 1 from json_each(given.users) u where u.value = d."userId"))
        and (given.kind = 'user' or not exists (
          select 1 from deleted_sessions s where s."sessionId" = given.unit and s.deletion > ?))`,
      params: [markName, mark, deletion],
    },
    onConflict: `(kind, unit) do update set "firstAt" = excluded."firstAt", "userId" = excluded."userId",
      "values" = excluded."values", context = excluded.context, outcomes = excluded.outcomes,
      "updatedAt" = excluded."updatedAt", account = excluded.account`,
  });
}
