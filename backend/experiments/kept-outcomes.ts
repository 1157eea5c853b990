import { sql, type SQL } from 'drizzle-orm';
import type { Scope } from './exposed-units.ts';

/**
 * Select of `(unit, firstAt, metric, value, at)`: every outcome from a unit's first exposure on, or in so many ms before
 * it, credited to kept units as `unitValues` credits it to logged ones.
 */
export function keptOutcomes({ experiment, unit }: Scope, beforeMs?: number): SQL {
  const isDue =
    beforeMs === undefined
      ? sql`o.at >= u.firstAt`
      : sql`o.at >= u.firstAt - ${beforeMs} and o.at < u.firstAt`;
  const units = sql`(select * from experiment_units where experiment = ${experiment})`;
  const of = sql`u.unit, u.firstAt, o.metric, o.value, o.at`;
  return unit === 'user'
    ? sql`
      select ${of} from ${units} u cross join outcomes o on o.userId = u.unit where ${isDue}
      union all
      select ${of} from ${units} u cross join json_each(u.sessions) s
        cross join outcomes o on o.sessionId = s.value
        where o.userId is null and ${isDue}`
    : sql`
      select ${of} from ${units} u cross join outcomes o on o.sessionId = u.unit where ${isDue}
      union all
      select unit, firstAt, metric, value, at from (
        select ${of}, max(printf('%015d', u.firstAt) || u.unit) as last
        from ${units} u cross join outcomes o on o.userId = u.userId
        where o.sessionId is null and ${isDue} group by o.outcomeId)`;
}
