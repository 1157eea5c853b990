import { sql, type SQL } from 'drizzle-orm';
import { rankingCounts } from './counted.ts';
import { TOUCHES } from './credit-outcomes.ts';

/**
 * The placement of the ranking that a credited outcome is of: of the one that it is credited to. Where it is credited to a session alone, as
 * it came after that ranking's day was closed, or nothing was touched in the attribution window: of the session's last touch before it, else
 * of its last ranking before it. Null where there is neither.
 * @param row alias of a row of `creditedOutcomes`.
 */
export const placementOfOutcome = (row: SQL): SQL<string | null> => sql<string | null>`coalesce(
  (select d.placement from decisions d where d.rankingId = ${row}.creditedRanking),
  (select d.placement
    from decisions d cross join events e on e.rankingId = d.rankingId
    where d.sessionId = ${row}.creditedSession and d.at <= ${row}.at and ${rankingCounts(sql`d`)}
      and e.receivedAt <= ${row}.at and e.fault = '' and e.itemId is not null and e.type in ${TOUCHES}
    order by e.receivedAt desc, e.eventId desc, e.rankingId desc limit 1),
  (select d.placement from decisions d
    where d.sessionId = ${row}.creditedSession and d.at <= ${row}.at and ${rankingCounts(sql`d`)}
    order by d.at desc, d.rankingId desc limit 1))`;
