import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { rankingCounts, searchOf } from './counted.ts';
import { contextOf } from '../request-context.ts';
import { eventSlices } from './event-slices.ts';
import { measuredProperties } from './read-properties.ts';
import type { UnitRow, UnitsOf } from './unit.ts';
import { unitContext } from './unit-context.ts';
import { UnitValues, type UnitEvent } from './unit-values.ts';

interface Ranking {
  readonly unit: string;
  readonly rankingId: string;
  readonly search: string;
  readonly at: number;
  readonly userId: string | null;
  readonly counts: number;
}

type Event = Omit<UnitEvent, 'cell' | 'feature'> & {
  readonly rankingId: string;
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
    select d.${key} as unit, d.rankingId, ${searchOf(sql`d`)} as search, d.at, d.userId, ${rankingCounts(sql`d`)} as counts
    from decisions d where d.${key} in ${listed} order by d.at, d.rankingId`);
  const units = [...Map.groupBy(rankings, ({ unit }) => unit)].map(([unit, all]) => {
    const own = all.filter(({ counts }) => counts === 1);
    // A unit without a ranking that counts is described by the rankings that it has.
    return { unit, isRefused: own.length === 0, own: own.length === 0 ? all : own };
  });
  const values = await valuesOf(
    db,
    units.filter(({ isRefused }) => !isRefused),
    settings,
  );
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
        values: isRefused ? { refused: 1 } : values.get(unit)!.values,
        context: unitContext(contexts.get(own[0].rankingId), settings.context, own[0].at),
        outcomes: {},
      },
    ]),
  );
}

/** Adds up what each unit did in its first days; one slice of the events is in memory at a time. */
async function valuesOf(
  db: LibSQLDatabase,
  units: readonly { readonly unit: string; readonly own: readonly Ranking[] }[],
  { observeDays }: UnitsOf,
): Promise<Map<string, UnitValues>> {
  const values = new Map<string, UnitValues>();
  const observed: (Ranking & { readonly until: number })[] = [];
  for (const { unit, own } of units) {
    const until = own[0].at + observeDays * DAY_MS;
    const searches = new Set(own.flatMap(({ at, search }) => (at < until ? search : [])));
    values.set(unit, new UnitValues(searches.size));
    for (const ranking of own) observed.push({ ...ranking, until });
  }
  for (const { rankings } of await eventSlices(db, observed)) {
    const byId = new Map(rankings.map((ranking) => [ranking.rankingId, ranking]));
    for (const event of await eventsOf(db, [...byId.keys()])) {
      const { unit, until } = byId.get(event.rankingId)!;
      if (event.receivedAt >= until) continue;
      const { type, value, properties } = event;
      const { cell, feature } = JSON.parse(properties ?? '{}') as Record<string, unknown>;
      values.get(unit)!.add({ type, value, cell, feature });
    }
  }
  return values;
}

/** Events that count, of rankings that count. */
const eventsOf = (db: LibSQLDatabase, rankingIds: readonly string[]): Promise<Event[]> =>
  db.all<Event>(sql`
    select e.rankingId, e.receivedAt, e.type, e.value,
      ${measuredProperties} as properties
    from json_each(${JSON.stringify(rankingIds)}) r cross join events e on e.rankingId = r.value
    where e.fault = ''`);

async function contextsOf(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
): Promise<Map<string, string | null>> {
  const rows = await db.all<{ rankingId: string; context: string | null }>(sql`
    select rankingId, ${contextOf(sql`request`)} as context
    from decisions
    where rankingId in (select value from json_each(${JSON.stringify(rankingIds)}))`);
  return new Map(rows.map(({ rankingId, context }) => [rankingId, context]));
}
