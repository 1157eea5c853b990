import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { measureUnits } from './measure-units.ts';
import type { UnitKind, UnitsOf } from './units.ts';

export interface UnitRow {
  readonly unit: string;
  readonly firstAt: number;
  readonly userId: string | null;
  /** Everybody who was logged in meanwhile: of a session on a shared device more than one. Not stored. */
  readonly users?: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  readonly context: Readonly<Record<string, string>>;
  readonly outcomes: Readonly<Record<string, number>>;
}

interface Stored {
  readonly unit: string;
  readonly firstAt: number;
  readonly userId: string | null;
  readonly values: string;
  readonly context: string;
  readonly outcomes: string;
}

interface Outcome {
  readonly unit: string;
  readonly metric: string;
  readonly value: number;
  readonly at: number;
}

/** Units as the log and the outcomes of now tell; those of which nothing was ranked are no units. */
export async function readUnits(
  db: LibSQLDatabase,
  settings: UnitsOf,
  ids: readonly string[],
  nowMs: number,
): Promise<UnitRow[]> {
  if (ids.length === 0) return [];
  const kind = settings.unit;
  const settledMs = (settings.observeDays + settings.attributionDays) * DAY_MS;
  const stored = new Map((await storedOf(db, kind, ids)).map((row) => [row.unit, row]));
  const isSettled = (unit: string) => (stored.get(unit)?.firstAt ?? Infinity) + settledMs < nowMs;
  const measured = await measureUnits(
    db,
    settings,
    ids.filter((unit) => !isSettled(unit)),
  );
  // What was pruned since is known from what was stored.
  for (const row of stored.values())
    if (!measured.has(row.unit)) measured.set(row.unit, parse(row));
  const outcomes = Map.groupBy(
    await outcomesOf(db, kind, [...measured.values()]),
    ({ unit }) => unit,
  );
  return [...measured.values()].map((row) => ({
    ...row,
    outcomes: {
      ...(stored.has(row.unit) && parse(stored.get(row.unit)!).outcomes),
      ...datedSums(outcomes.get(row.unit) ?? []),
    },
  }));
}

/** What a session's outcomes are: those that name it, and those of its user that name no session. */
function outcomesOf(
  db: LibSQLDatabase,
  kind: UnitKind,
  units: readonly UnitRow[],
): Promise<Outcome[]> {
  const asked = JSON.stringify(
    units.map(({ unit, firstAt, userId }) => ({ unit, firstAt, userId })),
  );
  const joined = (on: SQL) => sql`
    select u.value ->> 'unit' as unit, o.metric, o.value, o.at
    from json_each(${asked}) u join outcomes o on ${on} where o.at >= u.value ->> 'firstAt'`;
  return db.all<Outcome>(
    kind === 'user'
      ? joined(sql`o.userId = u.value ->> 'unit'`)
      : sql`${joined(sql`o.sessionId = u.value ->> 'unit'`)} union all
          ${joined(sql`o.userId = u.value ->> 'userId' and o.sessionId is null`)}`,
  );
}

function datedSums(outcomes: readonly Outcome[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { metric, value, at } of outcomes) {
    const key = `${metric}@${at}`;
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

const storedOf = (db: LibSQLDatabase, kind: UnitKind, ids: readonly string[]): Promise<Stored[]> =>
  db.all<Stored>(sql`
    select unit, firstAt, userId, "values", context, outcomes from metric_units
    where kind = ${kind} and unit in (select value from json_each(${JSON.stringify(ids)}))`);

const parse = (row: Stored): UnitRow => ({
  ...row,
  values: JSON.parse(row.values) as UnitRow['values'],
  context: JSON.parse(row.context) as UnitRow['context'],
  outcomes: JSON.parse(row.outcomes) as UnitRow['outcomes'],
});
