import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import {
  isMostOf,
  judgeSession,
  sessionFacts,
  type SessionFacts,
} from '../log/account/judge-session.ts';
import type { Filters } from '../log/account/settings.ts';
import { unitOf, type Scope } from './exposed-units.ts';
import { schemaList } from './unit-values.ts';

interface Row extends Omit<SessionFacts, 'isRushing' | 'recent'> {
  readonly unit: string;
  readonly isRushing: number | null;
  /** Of all sessions of the day: that clicked, and that also dwelt. */
  readonly clicked: number;
  readonly dwelt: number;
}

/**
 * Units with a session that on some day was not a person's, by the same verdict that keeps sessions out of training. The
 * facts of each session and day are counted by the database, and only those that could be held against one come out of it.
 */
export async function unlikePeople(
  db: LibSQLDatabase,
  scope: Scope,
  filters: Filters,
): Promise<ReadonlySet<string>> {
  const { maxRankingsPerMinute: most, minReactionMs, maxClockSkewMs: skew } = filters;
  const fewest = fewestClicks(filters);
  const rows = await db.all<Row>(sql`
    with mine as materialized (
      select sessionId, max(${unitOf(scope)}) as unit from exposures
      where experiment = ${scope.experiment} and at between ${scope.from} and ${scope.to}
      group by sessionId
    ),
    shown as materialized (
      select m.unit, d.sessionId, d.rankingId, d.at, d.itemIds, d.at / 86400000 as day,
        d.at - lag(d.at, ${most ?? 1}) over (partition by d.sessionId, d.at / 86400000 order by d.at)
          < 60000 as rushed
      from decisions d cross join mine m on m.sessionId = d.sessionId
      where d.schemaHash in (${await schemaList(db)}) and d.at between ${scope.from} and ${scope.to}
        and m.unit is not null
    ),
    deeds as (
      select s.sessionId, s.day,
        count(distinct case when e.type = 'click' then s.rankingId || ' ' || e.itemId end) as clickedItems,
        sum(e.type = 'dwell') as dwells,
        sum(e.type in ('click', 'save', 'contact', 'booking_start', 'booking')) as actions,
        sum(e.type in ('click', 'save', 'contact', 'booking_start', 'booking')
          and e.receivedAt - s.at < ${minReactionMs}) as fastActions,
        count(*) as events,
        sum((e.itemId is not null and instr(s.itemIds, json_quote(e.itemId)) = 0)
          or (${skew} > 0 and (min(e.receivedAt, e.timestamp) < s.at - ${skew}
            or e.timestamp > e.receivedAt + ${skew}))) as invalidEvents
      from shown s cross join events e on e.rankingId = s.rankingId
      group by 1, 2
    ),
    facts as (
      select max(s.unit) as unit, s.day, count(*) as rankings,
        sum(json_array_length(s.itemIds)) as shownItems, max(s.rushed) as isRushing,
        coalesce(max(x.clickedItems), 0) as clickedItems, coalesce(max(x.dwells), 0) as dwells,
        coalesce(max(x.actions), 0) as actions, coalesce(max(x.fastActions), 0) as fastActions,
        coalesce(max(x.events), 0) as events, coalesce(max(x.invalidEvents), 0) as invalidEvents
      from shown s left join deeds x on x.sessionId = s.sessionId and x.day = s.day
      group by s.sessionId, s.day
    )
    select * from (
      select *, sum(clickedItems > 0) over day as clicked,
        sum(clickedItems > 0 and dwells > 0) over day as dwelt
      from facts window day as (partition by day)
    ) where isRushing = 1 or fastActions > 0 or invalidEvents > 0 or clickedItems >= ${fewest}`);
  const refused = new Set<string>();
  for (const { unit, isRushing, clicked, dwelt, ...facts } of rows) {
    const whole = { ...sessionFacts(), ...facts, isRushing: most !== null && isRushing === 1 };
    if (judgeSession(whole, filters, isMostOf(dwelt, clicked)) !== undefined) refused.add(unit);
  }
  return refused;
}

/** Clicked items below which neither clicking everything nor clicking without dwelling is a fault. */
const fewestClicks = ({ maxClickedShare, minShownItems, maxClicksWithoutDwell }: Filters): number =>
  Math.min(
    maxClickedShare > 0 ? maxClickedShare * minShownItems : Infinity,
    maxClicksWithoutDwell ?? Infinity,
    Number.MAX_SAFE_INTEGER,
  );
