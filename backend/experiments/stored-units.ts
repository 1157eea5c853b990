import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Store } from '../store/open.ts';
import { packedRows } from '../store/packed-rows.ts';
import { byId, exposedUnit, sharing, type ExposedUnit, type Scope } from './exposed-units.ts';
import { storedOutcomes } from './stored-outcomes.ts';
import type { UnitColumn } from './unit-column.ts';
import type { UnitSource } from './unit-source.ts';
import type { Period, UnitValues } from './read-unit-columns.ts';

const UNIT = ['unit', 'userId', 'firstAt', 'arm', 'arms', 'visitor', 'context', 'refused'];

/** Units of an experiment as `storeUnits` stored them, independent of the log, with their current outcomes. */
export async function storedUnits(db: LibSQLDatabase, scope: Scope): Promise<UnitSource> {
  const units: ExposedUnit[] = [];
  const shared = sharing();
  await packedRows(
    db,
    {
      columns: UNIT,
      select: sql`select * from experiment_units where experiment = ${scope.experiment}
        and firstAt between ${scope.from} and ${scope.to}`,
    },
    (row) => units.push(exposedUnit(row, shared)),
  );
  return {
    units: units.toSorted(byId),
    async values(index, columns, period) {
      const values = new Map(columns.map(({ name }) => [name, new Float64Array(index.size)]));
      await addBehaviour(db, scope, index, values, period);
      await addOutcomes(db, scope, index, columns, values, period);
      return values;
    },
  };
}

async function addBehaviour(
  db: LibSQLDatabase,
  { experiment }: Scope,
  index: ReadonlyMap<string, number>,
  values: UnitValues,
  { before }: Period,
): Promise<void> {
  const column = sql.identifier(before === undefined ? 'after' : 'before');
  await packedRows(
    db,
    {
      columns: ['unit', 'name', 'amount'],
      select: sql`select u.unit, v.key as name, v.value as amount
        from experiment_units u cross join json_each(u.${column}) v where experiment = ${experiment}`,
    },
    ([unit, name, amount]) => {
      const [at, amounts] = [index.get(unit as string), values.get(name as string)];
      if (at !== undefined && amounts !== undefined) amounts[at] = amount as number;
    },
  );
}

async function addOutcomes(
  db: LibSQLDatabase,
  scope: Scope,
  index: ReadonlyMap<string, number>,
  columns: readonly UnitColumn[],
  values: UnitValues,
  { before }: Period,
): Promise<void> {
  const outcomes = columns.filter((column) => column.from === 'outcomes');
  for (const [withinMs, some] of Map.groupBy(outcomes, (column) => column.withinMs)) {
    const named = new Map(some.map(({ metric, name }) => [metric, values.get(name)!]));
    const isInTime = withinMs === undefined ? sql`true` : sql`at < firstAt + ${withinMs}`;
    await packedRows(
      db,
      {
        columns: ['unit', 'metric', 'total'],
        select: sql`select unit, metric, sum(value) as total from (${storedOutcomes(scope, before)})
          where ${isInTime} group by unit, metric`,
      },
      ([unit, metric, total]) => {
        const [at, column] = [index.get(unit as string), named.get(metric as string)];
        if (at !== undefined && column !== undefined) column[at] = total as number;
      },
    );
  }
}

/** Version of the account under which an experiment's units were stored; null: mixed, or from before there were versions. */
export async function accountOfUnits(
  { db }: Pick<Store, 'db'>,
  experiment: string,
): Promise<string | null> {
  const versions = await db.all<{ account: string | null }>(
    sql`select distinct account from experiment_units where experiment = ${experiment} limit 2`,
  );
  return versions.length === 1 ? versions[0].account : null;
}
