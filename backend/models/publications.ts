import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { LEASE_MS } from '../scheduler/lease.ts';
import type { Statement, Store } from '../store/open.ts';
import { publications } from '../store/tables.ts';
import { KV_TIMEOUT_MS, type KvNamespace } from './edge-kv.ts';

export type Publication = typeof publications.$inferSelect;

/** A key of KV. */
export interface KvKey {
  readonly namespace: KvNamespace;
  readonly key: string;
}

/** The name of a key's record. */
export const recordName = ({ namespace, key }: KvKey): string => `${namespace}/${key}`;

/** Longer than a deletion may be under way; the clocks of backends may differ by the time of a lease. */
const DELETION_MS = KV_TIMEOUT_MS + LEASE_MS;
const LOOK_MS = 250;

/**
 * Says, before a key is written to KV, that it is needed: from here on no backend deletes it. A deletion that another one
 * has begun could still arrive after the write, so its end is waited for, or the time after which it cannot come any more.
 */
export async function claimKey(store: Store, key: KvKey, nowMs: () => number): Promise<void> {
  const name = recordName(key);
  for (;;) {
    const [row] = await store.db.select().from(publications).where(eq(publications.key, name));
    if (row !== undefined && isBeingDeleted(row, nowMs())) {
      await sleep(LOOK_MS);
      continue;
    }
    const seen = row?.deletedAt ?? null;
    const [claimed] = await store.write([
      store.db
        .insert(publications)
        .values({ key: name, sha256: '', publishedAt: nowMs() })
        .onConflictDoUpdate({
          target: publications.key,
          set: { unneededSince: null, deletedAt: null },
          setWhere: sql`${publications.deletedAt} is ${seen}`,
        }),
    ]);
    if (claimed > 0) return;
  }
}

const isBeingDeleted = ({ deletedAt, unneededSince }: Publication, nowMs: number): boolean =>
  deletedAt !== null && unneededSince !== null && Math.abs(nowMs - deletedAt) < DELETION_MS;

/** Records that a blob is in KV. */
export function recordPublication(
  store: Store,
  key: KvKey,
  sha256: string,
  nowMs: number,
): Statement {
  const row = { key: recordName(key), sha256, publishedAt: nowMs };
  return store.db
    .insert(publications)
    .values(row)
    .onConflictDoUpdate({ target: publications.key, set: row });
}
