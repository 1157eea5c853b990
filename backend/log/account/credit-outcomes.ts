import { and, asc, gte, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { outcomes } from '../../store/tables.ts';
import type { Span } from './read-rankings.ts';

/** Ranking → item → `outcome.<metric>` → value. */
export type Credits = ReadonlyMap<string, ReadonlyMap<string, Readonly<Record<string, number>>>>;

interface Touch {
  readonly rankingId: string;
  readonly itemId: string;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly receivedAt: number;
  readonly rankedAt: number;
}

/**
 * Long-term values that arrive late, credited to the item that was touched last before them (clicked, dwelt on,
 * saved, contacted or booked) by the same session, or by the same user where the outcome names no session:
 * last-touch attribution, so that each value is credited once, and only within the attribution window.
 * @param span of the rankings that may be credited.
 */
export async function creditOutcomes(
  db: LibSQLDatabase,
  span: Span,
  attributionMs: number,
): Promise<Credits> {
  const until = span.to + attributionMs;
  const late = await db
    .select()
    .from(outcomes)
    .where(and(gte(outcomes.at, span.from), lte(outcomes.at, until)))
    .orderBy(asc(outcomes.at), asc(outcomes.outcomeId));
  const credits = new Map<string, Map<string, Record<string, number>>>();
  if (late.length === 0) return credits;
  // Touches after the day count too: an outcome that a later day has earned is not this day's.
  const touches = await db.all<Touch>(sql`
    select e.rankingId, e.itemId, e.sessionId, e.userId, e.receivedAt, d.at as rankedAt
    from events e join decisions d on d.rankingId = e.rankingId
    where e.receivedAt between ${span.from} and ${until} and e.itemId is not null
      and e.type in ('click', 'dwell', 'save', 'contact', 'booking_start', 'booking')
      and (e.sessionId in (select sessionId from outcomes where at between ${span.from} and ${until})
        or e.userId in (select userId from outcomes where at between ${span.from} and ${until}))
    order by e.receivedAt, e.eventId`);
  const bySession = Map.groupBy(touches, ({ sessionId }) => sessionId);
  const byUser = Map.groupBy(touches, ({ userId }) => userId ?? '');
  for (const { sessionId, userId, metric, value, at } of late) {
    const own = sessionId === null ? byUser.get(userId ?? '') : bySession.get(sessionId);
    const touch = own?.findLast(({ receivedAt }) => receivedAt <= at);
    if (touch === undefined || at > touch.rankedAt + attributionMs) continue;
    const ofRanking = credits.get(touch.rankingId) ?? new Map<string, Record<string, number>>();
    credits.set(touch.rankingId, ofRanking);
    const ofItem = ofRanking.get(touch.itemId) ?? {};
    ofRanking.set(touch.itemId, ofItem);
    const column = `outcome.${metric}`;
    ofItem[column] = (ofItem[column] ?? 0) + value;
  }
  return credits;
}
