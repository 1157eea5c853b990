import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import { creditedOutcomes } from './counted.ts';
import { measureUnits } from './measure-units.ts';
import { accountVersion } from './rules.ts';
import type { UnitKind, UnitRow, UnitsOf } from './unit.ts';

interface Stored extends Pick<UnitRow, 'unit' | 'firstAt' | 'userId' | 'account'> {
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

/**
 * Units under the current account version; a unit without a ranking does not exist. A unit whose observed days are closed,
 * or whose first ranking has been pruned, stays as it was measured; its outcomes are still added. One that an order is credited to, or whose
 * page told of one that is credited elsewhere, is measured again for as long as its log is there, as orders are corrected after their day is closed.
 */
export async function readUnits(
  db: LibSQLDatabase,
  settings: UnitsOf,
  closedBefore: number,
  ids: readonly string[],
): Promise<UnitRow[]> {
  if (ids.length === 0) return [];
  const kind = settings.unit;
  const account = accountVersion(settings);
  const stored = new Map((await storedOf(db, kind, ids)).map((row) => [row.unit, parse(row)]));
  const ordering = await unitsWithOrders(db, kind, ids);
  const isSettled = ({ unit, firstAt, account: by }: UnitRow) =>
    by === account &&
    floorToDay(firstAt + settings.observeDays * DAY_MS) < closedBefore &&
    !ordering.has(unit);
  const settled = [...stored.values()].filter(isSettled);
  const isOpen = new Set(ids).difference(new Set(settled.map(({ unit }) => unit)));
  const units = new Map<string, UnitRow>(stored);
  for (const [unit, measured] of await measureUnits(db, settings, [...isOpen])) {
    const before = stored.get(unit);
    const isWhole =
      before === undefined ||
      measured.firstAt <= before.firstAt ||
      (await isLogged(db, kind, before));
    if (isWhole) units.set(unit, { ...measured, account });
  }
  const credited = Map.groupBy(await outcomesOf(db, kind, [...units.values()]), ({ unit }) => unit);
  return [...units.values()].map((row) => ({
    ...row,
    outcomes: {
      ...final(stored.get(row.unit)?.outcomes ?? {}, closedBefore),
      ...datedSums(credited.get(row.unit) ?? []),
    },
  }));
}

/** Whether the log still has the first ranking of a unit, whether it counts or not. */
async function isLogged(
  db: LibSQLDatabase,
  kind: UnitKind,
  { unit, firstAt }: UnitRow,
): Promise<boolean> {
  const key = sql.identifier(kind === 'user' ? 'userId' : 'sessionId');
  const rows = await db.all(
    sql`select 1 from decisions where ${key} = ${unit} and at <= ${firstAt} limit 1`,
  );
  return rows.length > 0;
}

async function unitsWithOrders(
  db: LibSQLDatabase,
  kind: UnitKind,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const [credited, own] = (
    kind === 'user' ? ['creditedUser', 'userId'] : ['creditedSession', 'sessionId']
  ).map((name) => sql.identifier(name));
  const rows = await db.all<{ unit: string }>(sql`
    select u.value as unit from json_each(${JSON.stringify(ids)}) u
    where exists (select 1 from orders o where o.${credited} = u.value)
      or exists (select 1 from events e where e.${own} = u.value and e.fault = 'corrected')`);
  return new Set(rows.map(({ unit }) => unit));
}

/** Outcomes whose credit is final. They stay although their rows may have been pruned. */
const final = (outcomes: Readonly<Record<string, number>>, closedBefore: number) =>
  Object.fromEntries(
    Object.entries(outcomes).filter(
      ([key]) => Number(key.slice(key.lastIndexOf('@') + 1)) < closedBefore,
    ),
  );

function outcomesOf(
  db: LibSQLDatabase,
  kind: UnitKind,
  units: readonly UnitRow[],
): Promise<Outcome[]> {
  const asked = JSON.stringify(units.map(({ unit, firstAt }) => ({ unit, firstAt })));
  const key = sql.identifier(kind === 'user' ? 'creditedUser' : 'creditedSession');
  return db.all<Outcome>(sql`
    select u.value ->> 'unit' as unit, o.metric, o.value, o.at
    from json_each(${asked}) u cross join ${creditedOutcomes} o on o.${key} = u.value ->> 'unit'
    where o.at >= u.value ->> 'firstAt'`);
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
    select unit, firstAt, userId, "values", context, outcomes, account from metric_units
    where kind = ${kind} and unit in (select value from json_each(${JSON.stringify(ids)}))`);

const parse = (row: Stored): UnitRow => ({
  ...row,
  values: JSON.parse(row.values) as UnitRow['values'],
  context: JSON.parse(row.context) as UnitRow['context'],
  outcomes: JSON.parse(row.outcomes) as UnitRow['outcomes'],
});
