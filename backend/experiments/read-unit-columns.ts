import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import {
  countedEvents,
  countedRankings,
  creditedOutcomes,
  schemaList,
  searchesIn,
} from '../log/account/counted.ts';
import { placementOfOutcome } from '../log/account/outcome-placement.ts';
import { isEverything } from '../models/lineage-scope.ts';
import { inScope } from '../models/read-scope.ts';
import { packedRows } from '../store/packed-rows.ts';
import { creditedTo, isPlacedIn, unitOf, unitsTable, type Scope } from './exposed-units.ts';
import type { UnitColumn } from './unit-column.ts';

/** Column → one value per unit, in the order of `units`; 0 where the unit did nothing of that kind. */
export type UnitValues = ReadonlyMap<string, Float64Array>;

/** The period of which feedback and outcomes count. */
export interface Period {
  /** Counts this many ms before the first exposure, instead of the time from it on. */
  readonly before?: number;
  /** Epoch ms after which outcomes do not count; default no end. */
  readonly outcomesTo?: number;
}

/**
 * Reads from the account what units did from their first exposure on, or in the period before it.
 *
 * Feedback is dated by when the edge received it, and counts up to the scope's end. It is found by the unit's id, whichever
 * ranking it belongs to, so that an arm that moves people to other rankings does not lose their feedback. Outcomes arrive
 * late, and are dated by their own date, with no end unless `outcomesTo` names one. Where revisions tell strata apart, the
 * end of both is when the unit left its stratum. Of a scope with placements both count by the placement of their ranking.
 */
export async function readUnitColumns(
  db: LibSQLDatabase,
  scope: Scope,
  units: ReadonlyMap<string, number>,
  columns: readonly UnitColumn[],
  period: Period,
): Promise<UnitValues> {
  const values = new Map(columns.map(({ name }) => [name, new Float64Array(units.size)]));
  const read = async <C extends UnitColumn>(
    of: readonly C[],
    query: (amounts: SQL, names: readonly C[]) => SQL | Promise<SQL>,
    amount: (column: C) => SQL,
  ) => {
    if (of.length === 0) return;
    const amounts = of.map((column, i) => sql`${amount(column)} as ${sql.identifier(`v${i}`)}`);
    const into = of.map(({ name }) => values.get(name)!);
    await packedRows(
      db,
      {
        tables: unitsTable(scope),
        columns: ['unit', ...of.map((_, i) => `v${i}`)],
        select: await query(sql.join(amounts, sql`, `), of),
      },
      ([unit, ...found]) => {
        const at = units.get(unit as string);
        if (at === undefined) return;
        into.forEach((column, i) => (column[at] = (found[i] as number | null) ?? 0));
      },
    );
  };
  const of = <F extends UnitColumn['from']>(from: F) =>
    columns.filter((column): column is Extract<UnitColumn, { from: F }> => column.from === from);
  await read(
    of('events'),
    (amounts, names) => eventsQuery(scope, period, names, amounts),
    eventAmount,
  );
  await read(
    of('rankings'),
    (amounts) => rankingsQuery(db, scope, period, amounts),
    // What a further page adds is no search, so that clicks per ranking do not fall where an arm makes people page on.
    () => searchesIn(sql`d`),
  );
  await read(of('outcomes'), (amounts) => outcomesQuery(scope, period, amounts), outcomeAmount);
  return values;
}

type EventColumn = Extract<UnitColumn, { from: 'events' }>;

const eventAmount = ({ type, by, per, where = {} }: EventColumn): SQL => {
  const isCounted = sql.join(
    [sql`type = ${type}`, ...Object.entries(where).map(([name, value]) => has(name, value))],
    sql` and `,
  );
  if (by === 'count') return sql`sum(case when ${isCounted} then 1 else 0 end)`;
  const value = sql`case when ${isCounted} then value end`;
  return by === 'sum' ? sql`sum(${value}) / ${per}` : sql`max(${value}) / ${per}`;
};

/** Compared as JSON, so that 1, "1" and true are three values. @param name of letters, digits, `_`, `.` and `-`. */
const has = (name: string, value: string | number | boolean): SQL =>
  sql`(e.properties -> ${`$."${name}"`}) = ${JSON.stringify(value)}`;

const outcomeAmount = ({ metric, withinMs }: { metric: string; withinMs?: number }): SQL =>
  withinMs === undefined
    ? sql`sum(case when metric = ${metric} then value end)`
    : sql`sum(case when metric = ${metric} and o.at < u.firstAt + ${withinMs} then value end)`;

/** Whether a row lies in the period. @param at column with its epoch ms. */
const within = (at: SQL, { before }: Period): SQL =>
  before === undefined
    ? sql`${at} between u.firstAt and u.until`
    : sql`${at} >= u.firstAt - ${before} and ${at} < u.firstAt`;

/** Limits a query to the part of the log in which any unit's period can lie, so that an index is used. */
const span = (at: SQL, scope: Scope, period: Period): SQL =>
  scope.revisions === undefined
    ? sql`${at} between ${earliest(scope, period)} and ${scope.to}`
    : sql`${at} >= ${earliest(scope, period)}`;

const earliest = ({ from, revisions }: Scope, { before = 0 }: Period): SQL =>
  revisions === undefined
    ? sql`${from - before}`
    : sql`(select min(firstAt) - ${before} from units)`;

/** `cross join` fixes the loop order in SQLite: the log is read once, and each row looks up its unit. */
function eventsQuery(
  scope: Scope,
  period: Period,
  columns: readonly EventColumn[],
  amounts: SQL,
): SQL {
  const types = sql.join(
    [...new Set(columns.map(({ type }) => type))].map((type) => sql`${type}`),
    sql`, `,
  );
  return sql`
    select u.unit, ${amounts}
    from ${countedEvents} e cross join units u on u.unit = e.${unitOf(scope)}
    where ${span(sql`e.receivedAt`, scope, period)} and ${within(sql`e.receivedAt`, period)}
      and e.type in (${types}) and ${isPlacedIn(sql`e`, scope)}
    group by u.unit`;
}

async function rankingsQuery(
  db: LibSQLDatabase,
  scope: Scope,
  period: Period,
  amounts: SQL,
): Promise<SQL> {
  return sql`
    select u.unit, ${amounts}
    from ${countedRankings} d cross join units u on u.unit = d.${unitOf(scope)}
    where d.schemaHash in (${await schemaList(db)}) and ${span(sql`d.at`, scope, period)}
      and ${within(sql`d.at`, period)} and ${isPlacedIn(sql`d`, scope)}
    group by u.unit`;
}

function outcomesQuery(scope: Scope, period: Period, amounts: SQL): SQL {
  const until = period.outcomesTo ?? Number.MAX_SAFE_INTEGER;
  return sql`
    select u.unit, ${amounts}
    from ${creditedOutcomes} o cross join units u on u.unit = o.${creditedTo(scope)}
    where o.at between ${earliest(scope, period)} and ${until} and ${within(sql`o.at`, period)}
      and ${isOutcomeIn(sql`o`, scope)}
    group by u.unit`;
}

/** Whether an outcome counts by the placement of the ranking that it is of, as what was done does. Looked up only where placements matter. */
const isOutcomeIn = (row: SQL, { placed }: Scope): SQL =>
  placed === undefined || isEverything(placed) ? sql`1` : inScope(placed, placementOfOutcome(row));
