import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { decisions, events } from '../store/tables.ts';
import { boundsOf, type UtcDay } from '../../shared/domain/utc-day.ts';
import { FEEDBACK_WITHIN_MS } from './feedback-window.ts';
import { ofEverySchema } from './recent-rankings.ts';

/** What followed a day's rankings; each ranking counts once, however often it was clicked or booked. */
export interface DayRates {
  readonly day: UtcDay;
  readonly rankings: number;
  readonly clicked: number;
  readonly booked: number;
}

/** Whether an event of a type followed a ranking in time. */
export const isFollowedBy = (type: 'click' | 'booking') => sql`exists (select 1 from ${events}
  where ${events.rankingId} = ${decisions.rankingId} and ${events.type} = ${type}
  and ${events.receivedAt} <= ${decisions.at} + ${FEEDBACK_WITHIN_MS})`;

/** One read per day, after which other work gets a turn: the driver blocks the thread while it reads. */
export async function readDayRates(store: Store, day: UtcDay): Promise<DayRates> {
  const { from, to } = boundsOf(day);
  const [row] = await store.db.all<Omit<DayRates, 'day'>>(sql`
    select count(*) as rankings, coalesce(sum(${isFollowedBy('click')}), 0) as clicked,
      coalesce(sum(${isFollowedBy('booking')}), 0) as booked
    from ${decisions}
    where ${await ofEverySchema(store)} and ${decisions.at} between ${from} and ${to}`);
  await nextTurn();
  return { day, ...row };
}
