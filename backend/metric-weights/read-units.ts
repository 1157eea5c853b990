import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS } from '../training-data/utc-day.ts';
import type { UnitKind } from './settings.ts';
import { unitContext } from './unit-context.ts';
import { unitValues, type UnitEvent } from './unit-values.ts';
import { LATE_MS, type UnitsOf } from './units.ts';

export interface UnitRow {
  readonly unit: string;
  readonly firstAt: number;
  readonly userId: string | null;
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

interface Ranking {
  readonly unit: string;
  readonly rankingId: string;
  readonly at: number;
  readonly userId: string | null;
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
  const observeMs = settings.observeDays * DAY_MS;
  const stored = new Map((await storedOf(db, kind, ids)).map((row) => [row.unit, row]));
  const isSettled = (unit: string) =>
    (stored.get(unit)?.firstAt ?? Infinity) + observeMs + LATE_MS < nowMs;
  const measured = await measure(
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

/** From the log, of those units of which it still holds a ranking. */
async function measure(
  db: LibSQLDatabase,
  { unit: kind, observeDays, context }: UnitsOf,
  ids: readonly string[],
): Promise<Map<string, UnitRow>> {
  const key = keyOf(kind);
  const listed = sql`(select value from json_each(${JSON.stringify(ids)}))`;
  const rankings = await db.all<Ranking>(sql`
    select d.${key} as unit, d.rankingId, d.at, d.userId from decisions d
    where d.${key} in ${listed} order by d.at, d.rankingId`);
  const events = await db.all<UnitEvent & { unit: string; receivedAt: number }>(sql`
    select d.${key} as unit, e.receivedAt, e.type, e.value,
      case e.type when 'pointer_activity' then e.properties ->> 'cell' end as cell,
      case e.type when 'feature_use' then e.properties ->> 'feature' end as feature
    from decisions d join events e on e.rankingId = d.rankingId
    where d.${key} in ${listed} order by e.receivedAt, e.eventId`);
  const ofUnit = Map.groupBy(events, ({ unit }) => unit);
  const units = [...Map.groupBy(rankings, ({ unit }) => unit)];
  const contexts = await contextsOf(
    db,
    units.map(([, [first]]) => first.rankingId),
  );
  return new Map(
    units.map(([unit, all]) => {
      const { at: firstAt, rankingId } = all[0];
      const until = firstAt + observeDays * DAY_MS;
      const values = unitValues(
        all.filter(({ at }) => at < until).length,
        (ofUnit.get(unit) ?? []).filter(({ receivedAt }) => receivedAt < until),
      );
      const userId = all.findLast((ranking) => ranking.userId !== null)?.userId ?? null;
      const given = unitContext(contexts.get(rankingId), context, firstAt);
      return [unit, { unit, firstAt, userId, values, context: given, outcomes: {} }];
    }),
  );
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

async function contextsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<Map<string, string | null>> {
  const rows = await db.all<{ rankingId: string; context: string | null }>(sql`
    select rankingId, case when json_valid(request) then request -> 'context' end as context
    from decisions
    where rankingId in (select value from json_each(${JSON.stringify(rankingIds)}))`);
  return new Map(rows.map(({ rankingId, context }) => [rankingId, context]));
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

const keyOf = (kind: UnitKind) => sql.identifier(kind === 'user' ? 'userId' : 'sessionId');
