import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Schema } from '../../../shared/features/schema.ts';
import type { TrainingSlate } from '../../science/learn/logged-slate.ts';
import { talliesOf } from '../../science/learn/tallies.ts';
import type { ObservedDelay } from '../../science/learn/online/delay.ts';
import { bytesOf, float64sOf } from '../../store/stored-bytes.ts';
import { arePropensities } from './are-propensities.ts';
import { rankingCounts } from './counted.ts';
import { readRankings } from './read-rankings.ts';
import type { Span } from './span.ts';

/** The time in which the newest rankings of a schema were made, as far as the account has come. @returns undefined where there are none. */
export async function latestSpan(
  db: LibSQLDatabase,
  schemaHash: string,
  most: number,
): Promise<Span | undefined> {
  const [{ from, to }] = await db.all<{ from: number | null; to: number | null }>(sql`
    select min(at) as "from", max(at) as "to" from (
      select at from decisions d where schemaHash = ${schemaHash} and ${rankingCounts(sql`d`)}
      order by at desc limit ${most})`);
  return from === null || to === null ? undefined : { from, to };
}

/** Slates that teach with what came of them, outcomes left out: they take weeks. In order of time. */
export async function latestSlates(
  db: LibSQLDatabase,
  { hash, features }: Pick<Schema, 'hash' | 'features'>,
  span: Span,
): Promise<TrainingSlate[]> {
  const slates: TrainingSlate[] = [];
  for await (const ranking of readRankings(db, hash, span)) {
    const { itemIds, codes, exclusion, itemSource, events } = ranking;
    if (exclusion !== null || itemSource === 'browser') continue;
    if (itemIds.length === 0 || codes.length !== itemIds.length * features.length) continue;
    const propensities = float64sOf(ranking.propensities);
    if (!arePropensities(propensities, itemIds.length)) continue;
    const { rankingId: _, pinned, pageOffset, ...own } = ranking;
    slates.push({
      ...own,
      ...(pinned !== null && { pinned: bytesOf(pinned) }),
      ...(pageOffset !== null && { pageOffset }),
      codes: bytesOf(codes),
      propensities,
      tallies: talliesOf(itemIds, events),
    });
  }
  return slates;
}

/** How long the first reward of each ranking of a schema took. @param types of events that are rewarded. */
export async function rewardDelays(
  db: LibSQLDatabase,
  schemaHash: string,
  { from, to }: Span,
  types: readonly string[],
  readAtMs: number,
): Promise<ObservedDelay[]> {
  const rows = await db.all<{ at: number; first: number }>(sql`
    select d.at, min(e.receivedAt) as first
    from decisions d cross join events e on e.rankingId = d.rankingId
    where d.schemaHash = ${schemaHash} and d.at between ${from} and ${to} and ${rankingCounts(sql`d`)}
      and e.fault = '' and e.type in (select value from json_each(${JSON.stringify(types)}))
    group by d.rankingId`);
  return rows.map(({ at, first }) => ({ delayMs: first - at, ageMs: readAtMs - at }));
}
