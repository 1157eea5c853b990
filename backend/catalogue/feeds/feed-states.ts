import { inArray, sql } from 'drizzle-orm';
import { shownAddress } from '../../process/address.ts';
import type { Store } from '../../store/open.ts';
import { feeds as states, items } from '../../store/tables.ts';
import type { Feed } from './feed.ts';

/** What a feed is and what became of it, as people may see it. */
export interface FeedState {
  readonly name: string;
  /** Without what may be secret in it. */
  readonly address: string;
  readonly schedule: string;
  /** Items that are its own. */
  readonly items: number;
  /** Epoch ms here and below; null: never. */
  readonly askedAt: number | null;
  readonly takenAt: number | null;
  /** What became of its items when they last changed. */
  readonly taken: Readonly<Record<string, number>> | null;
  /** Why it was refused when it was last asked for; null: it was not. */
  readonly problem: string | null;
  readonly refusedSince: number | null;
}

export async function readFeedStates(store: Store, feeds: readonly Feed[]): Promise<FeedState[]> {
  if (feeds.length === 0) return [];
  const names = feeds.map(({ name }) => name);
  const rows = await store.db.select().from(states).where(inArray(states.name, names));
  const counts = await store.db
    .select({ feed: items.feed, count: sql<number>`count(*)` })
    .from(items)
    .where(inArray(items.feed, names))
    .groupBy(items.feed);
  const owned = new Map(counts.map(({ feed, count }) => [feed, count]));
  return feeds.map(({ name, url, schedule }) => {
    const row = rows.find((one) => one.name === name);
    return {
      name,
      address: shownAddress(url),
      schedule,
      items: owned.get(name) ?? 0,
      askedAt: row?.askedAt ?? null,
      takenAt: row?.takenAt ?? null,
      taken: row?.taken ?? null,
      problem: row?.problem ?? null,
      refusedSince: row?.refusedSince ?? null,
    };
  });
}
