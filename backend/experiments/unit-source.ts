import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { exposedUnits, type ExposedUnit, type Scope } from './exposed-units.ts';
import type { UnitColumn } from './unit-column.ts';
import { readUnitColumns, type Period, type UnitValues } from './read-unit-columns.ts';

/** Where an experiment's units and what they did are read: the log, or what was stored of it. */
export interface UnitSource {
  /** Everyone who was exposed, in order of their ids. */
  readonly units: readonly ExposedUnit[];
  /** @param index unit → place in the columns. */
  values(
    index: ReadonlyMap<string, number>,
    columns: readonly UnitColumn[],
    period: Period,
  ): Promise<UnitValues>;
}

export const loggedUnits = async (db: LibSQLDatabase, scope: Scope): Promise<UnitSource> => ({
  units: await exposedUnits(db, scope),
  values: (index, columns, period) => readUnitColumns(db, scope, index, columns, period),
});
