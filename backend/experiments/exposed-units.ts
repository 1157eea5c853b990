import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { packedRows, type Cell } from '../store/packed-rows.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';

/** Which units an experiment counts, and what of the log it counts them by. */
export interface Scope {
  readonly experiment: string;
  readonly unit: 'user' | 'session';
  /** Epoch ms, both inclusive. */
  readonly from: number;
  readonly to: number;
}

/** A unit as it was when it first saw the experiment. */
export interface ExposedUnit {
  readonly unit: string;
  /** Of a session, the user that it was known to be of. */
  readonly userId: string | null;
  /** Epoch ms. */
  readonly firstAt: number;
  readonly arm: string;
  /** How many arms it saw in all. */
  readonly arms: number;
  /** Whether its user had ranked in another session in the four weeks before. */
  readonly visitor: 'new' | 'returning' | 'anonymous';
  /** The request's context as JSON; null where its ranking is not in the log. */
  readonly context: string | null;
}

/** Column of exposures, decisions and events that names the unit. */
export const unitOf = ({ unit }: Scope): SQL => sql.raw(unit === 'user' ? 'userId' : 'sessionId');

/**
 * Common table `units (unit, userId, firstAt, rankingId, arms)`: everyone who was exposed, by the first exposure. Time and ranking id
 * are compared as one text, so that of two at one moment it is always the same that is first.
 */
export const unitsTable = (scope: Scope): SQL => sql`
  units as materialized (
    select unit, user as userId, cast(substr(first, 1, 15) as integer) as firstAt,
      substr(first, 16) as rankingId, arms
    from (
      select ${unitOf(scope)} as unit, max(userId) as user, min(printf('%015d', at) || rankingId) as first,
        count(distinct arm) as arms
      from exposures
      where experiment = ${scope.experiment} and at between ${scope.from} and ${scope.to}
        and ${unitOf(scope)} is not null
      group by 1
    )
  )`;

const RETURNING_DAYS = 28;

/** Everyone who was exposed, units of several arms too, in order of their ids. */
export async function exposedUnits(db: LibSQLDatabase, scope: Scope): Promise<ExposedUnit[]> {
  const units: ExposedUnit[] = [];
  const shared = sharing();
  await packedRows(
    db,
    {
      tables: unitsTable(scope),
      columns: ['unit', 'userId', 'firstAt', 'arm', 'arms', 'visitor', 'context'],
      select: sql`
        select u.unit, u.userId, u.firstAt, x.arm, u.arms,
          case when json_valid(d.request) and json_type(d.request, '$.context') = 'object'
            then d.request -> '$.context' end as context,
          case when x.userId is null then 'anonymous'
            when exists (
              select 1 from decisions p
              where p.userId = x.userId and p.sessionId <> x.sessionId
                and p.at between u.firstAt - ${RETURNING_DAYS * DAY_MS} and u.firstAt - 1
            ) then 'returning'
            else 'new' end as visitor
        from units u
        cross join exposures x on x.experiment = ${scope.experiment} and x.rankingId = u.rankingId
        left join decisions d on d.rankingId = u.rankingId`,
    },
    (row) => units.push(exposedUnit(row, shared)),
  );
  return units.toSorted(byId);
}

/** @param row unit, userId, firstAt, arm, arms, visitor, context. @param shared equal texts are many, and kept once. */
export function exposedUnit(row: readonly Cell[], shared: (text: string) => string): ExposedUnit {
  const [unit, userId, firstAt, arm, arms, visitor, context] = row;
  return {
    unit: unit as string,
    userId: userId as string | null,
    firstAt: firstAt as number,
    arm: shared(arm as string),
    arms: arms as number,
    visitor: shared(visitor as string) as ExposedUnit['visitor'],
    context: context === null ? null : shared(context as string),
  };
}

export const byId = (a: ExposedUnit, b: ExposedUnit): number => (a.unit < b.unit ? -1 : 1);

export function sharing(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before === undefined) known.set(text, text);
    return before ?? text;
  };
}
