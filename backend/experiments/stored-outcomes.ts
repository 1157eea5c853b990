import { sql, type SQL } from 'drizzle-orm';
import { creditedOutcomes } from '../log/account/counted.ts';
import { creditedTo, type Scope } from './exposed-units.ts';

/**
 * Select of `(unit, firstAt, metric, value, at)`: every outcome of stored units from their first exposure on, or in so many ms
 * before it.
 */
export function storedOutcomes(scope: Scope, beforeMs?: number): SQL {
  const isDue =
    beforeMs === undefined
      ? sql`o.at >= u.firstAt`
      : sql`o.at >= u.firstAt - ${beforeMs} and o.at < u.firstAt`;
  return sql`
    select u.unit, u.firstAt, o.metric, o.value, o.at
    from experiment_units u cross join ${creditedOutcomes} o on o.${creditedTo(scope)} = u.unit
    where u.experiment = ${scope.experiment} and ${isDue}`;
}
