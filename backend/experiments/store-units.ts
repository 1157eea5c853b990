import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { readVersionOfNow } from '../log/account/counted.ts';
import { readNewestDeletion } from '../log/account/deletions.ts';
import { logStart } from '../log/account/log-mark.ts';
import { UNIT_METRICS } from '../log/account/unit-metrics.ts';
import { insertRows, type Cell } from '../store/insert-rows.ts';
import type { Statement, Store } from '../store/open.ts';
import { packedRows } from '../store/packed-rows.ts';
import { PAST_MS, type ExposedUnit, type Scope } from './exposed-units.ts';
import { unitOfLayer } from './layers.ts';
import { columnsOf } from './metric-values.ts';
import type { Experiment } from './new-experiment.ts';
import { loggedUnits } from './unit-source.ts';
import type { UnitValues } from './read-unit-columns.ts';

const ROWS_PER_STATEMENT = 500;

/**
 * Stores what every unit of an experiment did, so that it outlives the log: for the experiment's own metrics and for those
 * that have metric weights. A unit whose first exposure has been deleted from the log stays as stored, except that another
 * arm it has seen since is added. So storing daily loses nothing, and storing twice changes nothing.
 * @returns how many units are in the log.
 */
export async function storeUnits(
  { db, write }: Pick<Store, 'db' | 'write'>,
  experiment: Experiment,
): Promise<number> {
  const unit = await unitOfLayer({ db }, experiment.layer);
  const to = experiment.stoppedAt ?? Number.MAX_SAFE_INTEGER;
  const scope: Scope = { experiment: experiment.id, unit, from: 0, to };
  const account = await readVersionOfNow(db);
  const deletion = await readNewestDeletion(db);
  const source = await loggedUnits(db, scope);
  const { units } = source;
  const logFrom = (await logStart(db)) ?? Number.MAX_SAFE_INTEGER;
  const index = new Map(units.map((one, i) => [one.unit, i]));
  const columns = columnsOf([...experiment.metrics, ...UNIT_METRICS]).filter(
    ({ from }) => from !== 'outcomes',
  );
  const after = await source.values(index, columns, {});
  const isUser = unit === 'user';
  const before = isUser ? await source.values(index, columns, { before: PAST_MS }) : NOTHING;
  const sessions = isUser ? await sessionsOf(db, scope) : undefined;
  const rowOf = (one: ExposedUnit, i: number): Cell[] => [
    experiment.id,
    one.unit,
    one.userId,
    JSON.stringify(sessions?.get(one.unit) ?? []),
    one.firstAt,
    one.arm,
    one.arms,
    one.visitor,
    one.context,
    Number(one.refused),
    // A refused unit is in the experiment only as a bot, so what it did on other days is left out.
    JSON.stringify(one.refused ? {} : amountsAt(after, i)),
    JSON.stringify(one.refused ? {} : amountsAt(before, i)),
    account,
  ];
  for (let from = 0; from < units.length; from += ROWS_PER_STATEMENT) {
    const rows = units.slice(from, from + ROWS_PER_STATEMENT).map((one, i) => rowOf(one, from + i));
    await write(upsert(rows, logFrom, deletion));
  }
  return units.length;
}

const NOTHING: UnitValues = new Map();

function amountsAt(values: UnitValues, unit: number): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const [name, column] of values) if (column[unit] !== 0) amounts[name] = column[unit];
  return amounts;
}

async function sessionsOf(
  db: LibSQLDatabase,
  { experiment, from, to }: Scope,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const select = sql`select distinct userId, sessionId from exposures
    where experiment = ${experiment} and at between ${from} and ${to} and userId is not null`;
  await packedRows(db, { columns: ['userId', 'sessionId'], select }, ([user, session]) => {
    const own = found.get(user as string);
    if (own === undefined) found.set(user as string, [session as string]);
    else own.push(session as string);
  });
  return found;
}

const COLUMNS = [
  'experiment',
  'unit',
  'userId',
  'sessions',
  'firstAt',
  'arm',
  'arms',
  'visitor',
  'context',
  'refused',
  'after',
  'before',
  'account',
] as const;

/**
 * Leaves out users and sessions that were deleted meanwhile. @param logFrom epoch ms of the oldest entry of the log.
 * @param deletion the newest one when the units were read.
 */
function upsert(
  rows: readonly (readonly Cell[])[],
  logFrom: number,
  deletion: number,
): Statement[] {
  const stays = `(experiment_units."firstAt" < ${logFrom} and experiment_units.refused <= excluded.refused)`;
  const replaced = ['firstAt', 'arm', 'visitor', 'context', 'refused', 'after', 'before', 'account']
    .map((name) => `"${name}" = case when ${stays} then "${name}" else excluded."${name}" end`)
    .join(', ');
  const onConflict = `(experiment, unit) do update set
    "userId" = coalesce(excluded."userId", "userId"),
    sessions = (select json_group_array(value) from (
      select value from json_each(experiment_units.sessions)
      union select value from json_each(excluded.sessions))),
    arms = case when not ${stays} then excluded.arms
      when excluded.arm <> arm then 2 else max(arms, excluded.arms) end,
    ${replaced}`;
  return insertRows({
    table: 'experiment_units',
    columns: COLUMNS,
    rows,
    where: {
      sql: `not exists (select 1 from deleted_users d where d."userId" = given."userId")
        and not exists (select 1 from deleted_sessions s
          where s."sessionId" = given.unit and s.deletion > ?)`,
      params: [deletion],
    },
    onConflict,
  });
}
