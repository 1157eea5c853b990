import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';

/** How many events are in memory at a time: about 20 MB of them, and at most 400 MB where all have as many properties as may be. */
export const EVENTS_AT_ONCE = 50_000;

/** Rankings that follow each other, with no more events together than are read at once. */
export interface EventSlice<T> {
  readonly rankings: readonly T[];
  /** Those of them of which there are too many events to read any. */
  readonly flooded: ReadonlySet<string>;
}

/**
 * Cuts rankings into slices by how many events they have, so that what is in memory depends on neither a page's size nor on
 * what somebody sent.
 * @param most a ranking with more events than this is flooded.
 */
export async function eventSlices<T extends { readonly rankingId: string }>(
  db: LibSQLDatabase,
  rankings: readonly T[],
  most = EVENTS_AT_ONCE,
): Promise<EventSlice<T>[]> {
  const counts = await eventCounts(
    db,
    rankings.map(({ rankingId }) => rankingId),
    most,
  );
  const slices: { rankings: T[]; flooded: Set<string> }[] = [];
  let room = -1;
  for (const ranking of rankings) {
    const count = counts.get(ranking.rankingId) ?? 0;
    const isFlooded = count > most;
    const size = isFlooded ? 0 : count;
    if (room < size) {
      slices.push({ rankings: [], flooded: new Set() });
      room = Math.max(EVENTS_AT_ONCE, size);
    }
    room -= size;
    const { rankings: own, flooded } = slices.at(-1)!;
    own.push(ranking);
    if (isFlooded) flooded.add(ranking.rankingId);
  }
  return slices;
}

/** Events of each ranking, counted to one more than `most`: of a flooded ranking no more of the index is read. */
async function eventCounts(
  db: LibSQLDatabase,
  rankingIds: readonly string[],
  most: number,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const [row] = await db.all<{ counts: string | null }>(sql`
    select json_group_array(json_array(r.value, (
      select count(*) from (select 1 from events e where e.rankingId = r.value limit ${most + 1})))) as counts
    from json_each(${JSON.stringify(rankingIds)}) r`);
  for (const [rankingId, count] of JSON.parse(row.counts ?? '[]') as [string, number][])
    counts.set(rankingId, count);
  return counts;
}
