import { sql, type SQL } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { countedRankings, exposureCounts, classifiedExposures } from '../log/account/counted.ts';
import type { LineageScope } from '../models/lineage-scope.ts';
import { inScope } from '../models/read-scope.ts';
import { contextOf } from '../log/request-context.ts';
import { packedRows, type Cell } from '../store/packed-rows.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';

/**
 * An experiment, what its units are, and the part of the log in which they were exposed. Without `revisions` that is a time.
 * With them, it is what assigned a unit at its first exposure of all: one of these revisions of the pointer, or, where the
 * log has none of it, the time.
 */
export interface Scope {
  readonly experiment: string;
  readonly unit: 'user' | 'session';
  /** Epoch ms, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly revisions?: readonly number[];
  /** Only what was done with rankings of these placements counts; default: all. */
  readonly placed?: LineageScope;
}

/** A unit as of its first exposure. */
export interface ExposedUnit {
  readonly unit: string;
  /** Of a session, its user where known. */
  readonly userId: string | null;
  /** Epoch ms. */
  readonly firstAt: number;
  readonly arm: string;
  /** How many arms it saw in all. */
  readonly arms: number;
  /** Whether its user had ranked in another session within `PAST_MS` before. */
  readonly visitor: 'new' | 'returning' | 'anonymous';
  /** The request's context as JSON; null where its ranking is not in the log. */
  readonly context: string | null;
  /** All of its exposures were a bot's: it is counted as refused, and what it did does not count. */
  readonly refused: boolean;
}

/** Column of exposures, decisions and events that names the unit. */
export const unitOf = ({ unit }: Scope): SQL => sql.raw(unit === 'user' ? 'userId' : 'sessionId');

/** Whether an exposure is in the scope. @param row alias of a row of exposures. */
export function isInScope(row: SQL, { from, to, revisions }: Scope): SQL {
  const byTime = sql`(${row}.at between ${from} and ${to})`;
  if (revisions === undefined) return byTime;
  return sql`(case when ${row}.pointerRevision is null then ${byTime}
    else ${row}.pointerRevision in (select value from json_each(${JSON.stringify(revisions)})) end)`;
}

/**
 * Common table `units(unit, userId, firstAt, rankingId, arms, refused, until)` of everyone who was exposed. A unit belongs to
 * its first exposure that counts; one that was exposed by no ranking that counts is refused.
 *
 * Where revisions tell strata apart, a unit is in one stratum only, that of its first exposure. There it counts until a
 * ranking of another stratum, which may have moved it to another arm (`until`, epoch ms, inclusive): both arms end by the
 * same rule, and what was done in another arm is nobody's.
 */
export const unitsTable = (scope: Scope): SQL => sql`
  units(unit, userId, firstAt, rankingId, arms, refused, until) as materialized (
    select unit, user as userId, cast(substr(first, 1, 15) as integer) as firstAt,
      substr(first, 16) as rankingId, arms, refused, until
    from (
      select unit, user, coalesce(counted, any) as first, coalesce(countedIn, anyIn) as firstIn,
        case when counted is null then armsSeen else armsCounted end as arms,
        counted is null as refused, coalesce(leftAt - 1, ${Number.MAX_SAFE_INTEGER}) as until
      from (
        select unit, max(userId) as user, min(first) as any,
          min(case when isIn then first end) as anyIn,
          count(distinct case when isIn then arm end) as armsSeen,
          min(case when counts then first end) as counted,
          min(case when counts and isIn then first end) as countedIn,
          count(distinct case when counts and isIn then arm end) as armsCounted,
          min(case when counts and not isIn then at end) as leftAt
        from (
          select ${unitOf(scope)} as unit, userId, arm, at, printf('%015d', at) || rankingId as first,
            ${exposureCounts(sql`x`)} as counts, ${isInScope(sql`x`, scope)} as isIn
          from ${classifiedExposures} x
          where experiment = ${scope.experiment} and ${unitOf(scope)} is not null
            ${scope.revisions === undefined ? sql`and ${isInScope(sql`x`, scope)}` : sql``}
        )
        group by unit
      )
    )
    where first = firstIn
  )`;

/** Whether what was done counts by its placement. @param row alias of a row of decisions or events. */
export const isPlacedIn = (row: SQL, { placed }: Scope): SQL =>
  placed === undefined ? sql`1` : inScope(placed, sql`${row}.placement`);

/** Column of outcomes that names the unit. */
export const creditedTo = ({ unit }: Scope): SQL =>
  sql.raw(unit === 'user' ? 'creditedUser' : 'creditedSession');

/** How long before its first exposure a unit's past is read: for CUPED, and for whether its user is returning. */
export const PAST_MS = 28 * DAY_MS;

/** Everyone who was exposed, refused units and those of several arms too, in order of their ids. */
export async function exposedUnits(db: LibSQLDatabase, scope: Scope): Promise<ExposedUnit[]> {
  const units: ExposedUnit[] = [];
  const shared = sharing();
  await packedRows(
    db,
    {
      tables: unitsTable(scope),
      columns: ['unit', 'userId', 'firstAt', 'arm', 'arms', 'visitor', 'context', 'refused'],
      select: sql`
        select u.unit, u.userId, u.firstAt, x.arm, u.arms,
          ${contextOf(sql`d.request`)} as context,
          case when x.userId is null then 'anonymous'
            when exists (
              select 1 from ${countedRankings} p
              where p.userId = x.userId and p.sessionId <> x.sessionId
                and p.at between u.firstAt - ${PAST_MS} and u.firstAt - 1
            ) then 'returning'
            else 'new' end as visitor, u.refused
        from units u
        cross join exposures x on x.experiment = ${scope.experiment} and x.rankingId = u.rankingId
        left join decisions d on d.rankingId = u.rankingId`,
    },
    (row) => units.push(exposedUnit(row, shared)),
  );
  return units.toSorted(byId);
}

/** How many units saw each arm: none of those that saw several, and none that is refused. */
export async function unitsPerArm(
  db: LibSQLDatabase,
  scope: Scope,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.all<{ arm: string; units: number }>(sql`
    with ${unitsTable(scope)}
    select x.arm, count(*) as units from units u
    cross join exposures x on x.experiment = ${scope.experiment} and x.rankingId = u.rankingId
    where u.arms = 1 and not u.refused group by x.arm`);
  return new Map(rows.map(({ arm, units }) => [arm, units]));
}

/** @param row unit, userId, firstAt, arm, arms, visitor, context, refused. @param shared stores equal texts once, because many are equal. */
export function exposedUnit(row: readonly Cell[], shared: (text: string) => string): ExposedUnit {
  const [unit, userId, firstAt, arm, arms, visitor, context, refused] = row;
  return {
    unit: unit as string,
    userId: userId as string | null,
    firstAt: firstAt as number,
    arm: shared(arm as string),
    arms: arms as number,
    visitor: shared(visitor as string) as ExposedUnit['visitor'],
    context: context === null ? null : shared(context as string),
    refused: refused === 1,
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
