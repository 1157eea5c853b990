import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { countedEvents, rankingCounts } from './counted.ts';
import type { UnitRow } from './unit.ts';
import { unitContext } from './unit-context.ts';
import { unitValues, type UnitEvent } from './unit-values.ts';
import type { UnitsOf } from './unit.ts';

interface Ranking {
  readonly unit: string;
  readonly rankingId: string;
  readonly at: number;
  readonly userId: string | null;
  readonly counts: number;
}

type Event = Omit<UnitEvent, 'cell' | 'feature'> & {
  readonly unit: string;
  readonly receivedAt: number;
  readonly properties: string | null;
};

/** Measures units from the log; units without a logged ranking are absent, and outcomes are left empty. */
export async function measureUnits(
  db: LibSQLDatabase,
  settings: UnitsOf,
  ids: readonly string[],
): Promise<Map<string, Omit<UnitRow, 'account'>>> {
  const key = sql.identifier(settings.unit === 'user' ? 'userId' : 'sessionId');
  const listed = sql`(select value from json_each(${JSON.stringify(ids)}))`;
  const rankings = await db.all<Ranking>(sql`
    select d.${key} as unit, d.rankingId, d.at, d.userId, ${rankingCounts(sql`d`)} as counts
    from decisions d where d.${key} in ${listed} order by d.at, d.rankingId`);
  // Properties are read whole, as JSON: half a surrogate pair that a page sent is no valid UTF-8 once SQL extracts it, and ends the process.
  const events = await db.all<Event>(sql`
    select d.${key} as unit, e.receivedAt, e.type, e.value,
      case when e.type in ('pointer_activity', 'feature_use') then e.properties end as properties
    from decisions d cross join ${countedEvents} e on e.rankingId = d.rankingId
    where d.${key} in ${listed}`);
  const did = Map.groupBy(events, ({ unit }) => unit);
  const units = [...Map.groupBy(rankings, ({ unit }) => unit)].map(([unit, all]) => {
    const own = all.filter(({ counts }) => counts === 1);
    // A unit without a ranking that counts is described by the rankings that it has.
    return { unit, isRefused: own.length === 0, own: own.length === 0 ? all : own };
  });
  const contexts = await contextsOf(
    db,
    units.map(({ own }) => own[0].rankingId),
  );
  return new Map(
    units.map(({ unit, isRefused, own }) => [
      unit,
      {
        unit,
        firstAt: own[0].at,
        userId: own.findLast(({ userId }) => userId !== null)?.userId ?? null,
        users: [...new Set(own.flatMap(({ userId }) => userId ?? []))],
        values: isRefused ? { refused: 1 } : valuesOf(own, did.get(unit) ?? [], settings),
        context: unitContext(contexts.get(own[0].rankingId), settings.context, own[0].at),
        outcomes: {},
      },
    ]),
  );
}

/** @param rankings of one unit, in order of time. */
function valuesOf(
  rankings: readonly Ranking[],
  events: readonly Event[],
  { observeDays }: UnitsOf,
): Record<string, number> {
  const until = rankings[0].at + observeDays * DAY_MS;
  return unitValues(
    rankings.filter(({ at }) => at < until).length,
    events
      .filter(({ receivedAt }) => receivedAt < until)
      .map(({ type, value, properties }) => {
        const { cell, feature } = JSON.parse(properties ?? '{}') as Record<string, unknown>;
        return { type, value, cell, feature };
      }),
  );
}

async function contextsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<Map<string, string | null>> {
  const rows = await db.all<{ rankingId: string; context: string | null }>(sql`
    select rankingId, case when json_valid(request) then request -> 'context' end as context
    from decisions
    where rankingId in (select value from json_each(${JSON.stringify(rankingIds)}))`);
  return new Map(rows.map(({ rankingId, context }) => [rankingId, context]));
}
