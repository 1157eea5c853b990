import { sql } from 'drizzle-orm';
import type { Lease } from '../../scheduler/lease.ts';
import { insertRows } from '../../store/insert-rows.ts';
import type { Store } from '../../store/open.ts';
import { audit, feeds, items } from '../../store/tables.ts';
import type { Validators } from './download-feed.ts';
import type { FeedChanges } from './compare-feed.ts';

/** What became of the items of a feed. */
export type Taken = Readonly<
  Record<'created' | 'changed' | 'unchanged' | 'withdrawn' | 'refused', number>
>;

/**
 * Makes a feed's changes, all or none, together with the line of the audit log and what is known of the answer.
 * @param lease without which nothing is written: another backend may have taken over while this one read.
 * @throws where it is not held any more.
 */
export async function writeFeed(
  store: Store,
  lease: Pick<Lease, 'held'>,
  name: string,
  { put, missing }: Pick<FeedChanges, 'put' | 'missing'>,
  taken: Taken,
  answer: Validators & { readonly readBy: string },
  { actor, nowMs }: { readonly actor: string; readonly nowMs: number },
): Promise<void> {
  const known = {
    ...answer,
    askedAt: nowMs,
    takenAt: nowMs,
    problem: null,
    refusedSince: null,
  };
  const isChange = put.length + missing.length > 0;
  const state = store.db
    .insert(feeds)
    .values({ name, ...known, taken })
    .onConflictDoUpdate({ target: feeds.name, set: { ...known, ...(isChange && { taken }) } });
  // Read from a list in one parameter: there may be more ids than a statement may have parameters.
  const withdrawn = store.db
    .delete(items)
    .where(
      sql`${items.feed} = ${name} and ${items.id} in (select value from json_each(${JSON.stringify(missing)}))`,
    );
  const upserts = insertRows({
    table: 'items',
    columns: ['id', 'attributes', 'updatedAt', 'feed'],
    rows: put.map(([id, attributes]) => [id, attributes, nowMs, name]),
    onConflict: `(id) do update set attributes = excluded.attributes, feed = excluded.feed, "updatedAt" =
      case when items.attributes is not excluded.attributes then excluded."updatedAt" else items."updatedAt" end`,
  });
  await store.write([
    ...(isChange ? [audited(store, lease, name, taken, actor, nowMs)] : []),
    ...upserts,
    ...(missing.length === 0 ? [] : [withdrawn]),
    state,
  ]);
}

/** A line without a moment cannot be, so that the transaction fails as a whole where the lease is not held. */
const audited = (
  store: Store,
  { held }: Pick<Lease, 'held'>,
  subject: string,
  details: Taken,
  actor: string,
  nowMs: number,
) =>
  store.db.insert(audit).values({
    at: sql`case when ${held} then ${nowMs} end`,
    actor,
    action: 'read feed',
    subject,
    details,
  });
