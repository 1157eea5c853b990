import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { searchesBy } from '../log/account/count-searches.ts';
import type { Store } from '../store/open.ts';
import { boundsOf, type UtcDay } from '../../shared/domain/utc-day.ts';
import { cameSoon, scoreSoon } from './feedback-window.ts';

/**
 * What followed the rankings that people were shown on a day; each counts once, however often it was clicked or booked. A further page of a
 * list is part of the ranking of its first page, so that the rates do not fall where people page on.
 */
export interface DayRates {
  readonly day: UtcDay;
  readonly rankings: number;
  readonly clicked: number;
  readonly booked: number;
  /** Rankings on which a visitor said that an item is nothing for them. */
  readonly dismissed: number;
  /** Rankings whose visitor answered the survey, and the sum of their scores, each 0 to 1. */
  readonly answered: number;
  readonly satisfaction: number;
}

/**
 * By the account, which must be up to date. One read per day, after which other work gets a turn: the driver blocks the
 * thread while it reads.
 */
export async function readDayRates({ db }: Pick<Store, 'db'>, day: UtcDay): Promise<DayRates> {
  const { from, to } = boundsOf(day);
  const [row] = await db.all<Omit<DayRates, 'day'>>(
    await searchesBy(db, {
      groups: {},
      where: (ranking) => sql`${ranking}.at between ${from} and ${to}`,
      fulfils: {
        clicked: cameSoon('click'),
        booked: cameSoon('booking'),
        dismissed: cameSoon('not_interested'),
      },
      sums: { answered: sql`count(${scoreSoon})`, satisfaction: sql`sum(${scoreSoon})` },
    }),
  );
  await nextTurn();
  return { day, ...row };
}
