import { and, inArray, lte, ne, sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { experiments } from '../store/tables.ts';
import type { CarryOver } from '../science/experiment/experiment-statistics.ts';
import { countedExposures } from '../log/account/counted.ts';
import { unitsTable, type Scope } from './exposed-units.ts';
import type { Experiment } from './new-experiment.ts';

/**
 * Units, by arm, that took part in an experiment that was over before this one began; where the unit is a session, another
 * session of its user counts too. Where the arms' shares differ, an earlier effect may have carried over.
 */
export async function carriedOver(
  db: LibSQLDatabase,
  scope: Scope,
  { id, arms, startedAt }: Pick<Experiment, 'id' | 'arms' | 'startedAt'>,
): Promise<CarryOver[]> {
  if (startedAt === null) return [];
  const earlier = await db
    .select({ id: experiments.id })
    .from(experiments)
    .where(and(lte(experiments.stoppedAt, startedAt), ne(experiments.id, id)));
  if (earlier.length === 0) return [];
  const over = inArray(
    sql`experiment`,
    earlier.map((row) => row.id),
  );
  const by = (column: SQL) => sql`
    select ${column} as unit, experiment, arm from ${countedExposures} x
    where ${over} and ${column} is not null group by 1, 2, 3`;
  const met = (table: SQL, column: SQL) => sql`
    select u.unit, x.arm as own, p.experiment, p.arm
    from units u cross join exposures x on x.experiment = ${id} and x.rankingId = u.rankingId
    cross join ${table} p on p.unit = x.${column}
    where u.arms = 1 and not u.refused`;
  const [session, user] = [sql`sessionId`, sql`userId`];
  const users = met(sql`byUser`, user);
  // Tables of their own, and not one with both columns: an index is made of each.
  const rows = await db.all<{ experiment: string; arm: string; own: string; units: number }>(sql`
    with ${unitsTable(scope)},
    bySession as materialized (${by(session)}), byUser as materialized (${by(user)})
    select experiment, arm, own, count(distinct unit) as units
    from (${scope.unit === 'user' ? users : sql`${met(sql`bySession`, session)} union all ${users}`})
    group by 1, 2, 3 order by 1, 2`);
  return [...Map.groupBy(rows, (row) => `${row.experiment} ${row.arm}`).values()].map((group) => ({
    experiment: group[0].experiment,
    arm: group[0].arm,
    units: arms.map(({ name }) => group.find(({ own }) => own === name)?.units ?? 0),
  }));
}
