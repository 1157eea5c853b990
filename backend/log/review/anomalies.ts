import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import { outlierScores, UNLIKE } from '../../science/statistics/outliers.ts';
import { countedRankings, schemaList, searchesIn } from '../account/counted.ts';
import { isLeftOut } from '../account/left-out.ts';
import type { Span } from '../account/span.ts';

const HOUR_MS = 3_600_000;
const MOST_VISITORS = 30;

/** Traffic that is unlike the rest, for people to look at. Nothing is left out because of it. */
export interface Anomalies {
  /** Rankings by hour, with what is usual at this hour of the day; oldest first. */
  readonly hours: readonly Unusual[];
  /** By day, of each placement and of whoever vouched for the items: those that are unlike the other days. */
  readonly sources: readonly (Unusual & { readonly source: string })[];
  /** Visitors with far more rankings or clicks than others, most unlike first. */
  readonly visitors: readonly UnusualVisitor[];
}

export interface Unusual {
  /** Epoch ms. */
  readonly at: number;
  readonly rankings: number;
  readonly usual: number;
  /** As `outlierScores`. */
  readonly score: number;
  readonly isMarked: boolean;
}

export interface UnusualVisitor {
  readonly kind: 'session' | 'user';
  readonly subject: string;
  readonly rankings: number;
  readonly clicks: number;
  /** Of all clicks that training reads, 0..1. */
  readonly clickShare: number;
  /** The larger of those by rankings and by clicks. */
  readonly score: number;
}

/** Of rankings that count and that nobody left out, by the account. */
export async function anomalies(
  db: LibSQLDatabase,
  { from, to }: Span,
  nowMs: number,
): Promise<Anomalies> {
  const counted = sql`${countedRankings} d where d.schemaHash in (${await schemaList(db)})
    and d.at between ${from} and ${to} and not (${isLeftOut(sql`d`)})`;
  const byHour = await db.all<{ hour: number; n: number }>(
    sql`select d.at - d.at % ${HOUR_MS} as hour, count(*) as n from ${counted} group by 1`,
  );
  const byDay = await db.all<{ day: number; source: string; n: number }>(sql`
    select d.at - d.at % ${DAY_MS} as day,
      d.placement || ', items from ' || coalesce(d.itemSource, 'before it was logged') as source,
      count(*) as n from ${counted} group by 1, 2`);
  const visitors = await db.all<Omit<UnusualVisitor, 'score' | 'clickShare'>>(sql`
    select case when d.userId is null then 'session' else 'user' end as kind,
      coalesce(d.userId, d.sessionId) as subject, ${searchesIn(sql`d`)} as rankings, sum((
        select count(*) from events e where e.rankingId = d.rankingId and e.type = 'click' and e.fault = '')) as clicks
    from ${counted} group by 1, 2`);
  return {
    hours: hoursOf(byHour, nowMs),
    sources: sourcesOf(byDay, nowMs),
    visitors: visitorsOf(visitors),
  };
}

/** Each hour that is over beside the same hour of the other days. */
function hoursOf(rows: readonly { hour: number; n: number }[], nowMs: number): Unusual[] {
  if (rows.length === 0) return [];
  const counts = new Map(rows.map(({ hour, n }) => [hour, n]));
  const first = Math.min(...counts.keys());
  const found: Unusual[] = [];
  for (let start = first; start < first + DAY_MS; start += HOUR_MS) {
    const times: number[] = [];
    for (let at = start; at + HOUR_MS <= nowMs; at += DAY_MS) times.push(at);
    found.push(...unusual(times, (at) => counts.get(at) ?? 0));
  }
  return found.toSorted((a, b) => a.at - b.at);
}

function sourcesOf(
  rows: readonly { day: number; source: string; n: number }[],
  nowMs: number,
): (Unusual & { source: string })[] {
  const today = floorToDay(nowMs);
  const first = Math.min(...rows.map(({ day }) => day));
  return [...Map.groupBy(rows, ({ source }) => source)].flatMap(([source, own]) => {
    const counts = new Map(own.map(({ day, n }) => [day, n]));
    const days: number[] = [];
    // The first day may have begun before the span, and today is not over.
    for (let day = first + DAY_MS; day < today; day += DAY_MS) days.push(day);
    return unusual(days, (day) => counts.get(day) ?? 0)
      .filter(({ isMarked }) => isMarked)
      .map((one) => Object.assign(one, { source }));
  });
}

function unusual(times: readonly number[], countAt: (at: number) => number): Unusual[] {
  const rankings = times.map(countAt);
  const { scores, usual } = outlierScores(rankings);
  return times.map((at, i) => ({
    at,
    rankings: rankings[i],
    usual,
    score: scores[i],
    isMarked: Math.abs(scores[i]) >= UNLIKE,
  }));
}

function visitorsOf(
  rows: readonly Omit<UnusualVisitor, 'score' | 'clickShare'>[],
): UnusualVisitor[] {
  const byRankings = outlierScores(rows.map(({ rankings }) => rankings)).scores;
  const byClicks = outlierScores(rows.map(({ clicks }) => clicks)).scores;
  const all = rows.reduce((sum, { clicks }) => sum + clicks, 0);
  return rows
    .map((row, i) => ({
      ...row,
      clickShare: all === 0 ? 0 : row.clicks / all,
      score: Math.max(byRankings[i], byClicks[i]),
    }))
    .filter(({ score }) => score >= UNLIKE)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST_VISITORS);
}
