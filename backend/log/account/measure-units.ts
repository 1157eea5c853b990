import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { MAX_VALUE } from '../../../shared/domain/event.ts';
import { judgeEvents, type LoggedEvent } from './judge-events.ts';
import { addRanking, judgeSession, sessionFacts } from './judge-session.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { UnitRow } from './read-units.ts';
import { unitContext } from './unit-context.ts';
import { unitValues, type UnitEvent } from './unit-values.ts';
import type { UnitsOf } from './units.ts';

interface Ranking {
  readonly unit: string;
  readonly rankingId: string;
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly itemIds: string;
}

type Event = UnitEvent & LoggedEvent & { readonly rankingId: string };

/** What units did, from the log; of those of which it holds a ranking, without their outcomes. */
export async function measureUnits(
  db: LibSQLDatabase,
  settings: UnitsOf,
  ids: readonly string[],
): Promise<Map<string, UnitRow>> {
  const key = sql.identifier(settings.unit === 'user' ? 'userId' : 'sessionId');
  const listed = sql`(select value from json_each(${JSON.stringify(ids)}))`;
  const rankings = await db.all<Ranking>(sql`
    select d.${key} as unit, d.rankingId, d.at, d.sessionId, d.userId, d.itemIds from decisions d
    where d.${key} in ${listed} order by d.at, d.rankingId`);
  // Whole, as JSON: half a surrogate pair that a page sent, taken out of it by SQL, is no UTF-8, and ends the process.
  const logged = await db.all<Omit<Event, 'cell' | 'feature'> & { properties: string | null }>(sql`
    select e.rankingId, e.eventId, e.itemId, e.timestamp, e.receivedAt, e.type, e.value,
      case when e.type in ('pointer_activity', 'feature_use') then e.properties end as properties
    from decisions d join events e on e.rankingId = d.rankingId
    where d.${key} in ${listed} and coalesce(abs(e.value), 0) <= ${MAX_VALUE}`);
  const events = logged.map(({ properties, ...event }): Event => {
    const { cell, feature } = JSON.parse(properties ?? '{}') as Record<string, unknown>;
    return { ...event, cell, feature };
  });
  const feedback = Map.groupBy(events, ({ rankingId }) => rankingId);
  const units = [...Map.groupBy(rankings, ({ unit }) => unit)];
  const contexts = await contextsOf(
    db,
    units.map(([, [first]]) => first.rankingId),
  );
  return new Map(
    units.map(([unit, own]) => [
      unit,
      {
        unit,
        firstAt: own[0].at,
        userId: own.findLast(({ userId }) => userId !== null)?.userId ?? null,
        users: [...new Set(own.flatMap(({ userId }) => userId ?? []))],
        values: valuesOf(own, feedback, settings),
        context: unitContext(contexts.get(own[0].rankingId), settings.context, own[0].at),
        outcomes: {},
      },
    ]),
  );
}

/**
 * By the rules that keep feedback and sessions out of training. A unit with a session that is unlike people's counts as
 * `refused`.
 * @param rankings of one unit, in order of time.
 */
function valuesOf(
  rankings: readonly Ranking[],
  feedback: ReadonlyMap<string, readonly Event[]>,
  { observeDays, filters, attributionDays }: UnitsOf,
): Record<string, number> {
  const until = rankings[0].at + observeDays * DAY_MS;
  const seen: Event[] = [];
  const sessions = new Map<string, ReturnType<typeof sessionFacts>>();
  for (const { rankingId, sessionId, at, itemIds } of rankings) {
    const events = feedback.get(rankingId) ?? [];
    const ranking = { at, itemIds: JSON.parse(itemIds) as string[] };
    const judged = judgeEvents(ranking, events, attributionDays * DAY_MS, filters);
    const facts = sessions.get(sessionId) ?? sessionFacts();
    sessions.set(sessionId, facts);
    addRanking(facts, ranking, judged, filters);
    const credited = new Set(judged.credited.map(({ eventId }) => eventId));
    // What happened to no item (the page was scrolled) is nobody's fault, and the unit's all the same.
    for (const event of events)
      if (event.itemId === null || credited.has(event.eventId)) seen.push(event);
  }
  const values = unitValues(
    rankings.filter(({ at }) => at < until).length,
    seen.filter(({ receivedAt }) => receivedAt < until),
  );
  // Whether most people's dwelling is logged is told by a whole day, not by one unit.
  const isRefused = [...sessions.values()].some(
    (facts) => judgeSession(facts, filters, false) !== undefined,
  );
  return isRefused ? { ...values, refused: 1 } : values;
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
