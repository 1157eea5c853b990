import { desc, eq, notInArray } from 'drizzle-orm';
import { relatedIndexFromBytes, type RelatedIndex } from '../../../shared/format/related-bytes.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import type { Kv } from '../../models/edge-kv.ts';
import { partKey, RELATED_KEY } from '../../models/kv-keys.ts';
import type { Publisher } from '../../models/publisher.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { relatedParts } from '../../store/tables.ts';
import {
  readLivePart,
  readPartInKv,
  recordLivePart,
  timeAfter,
  type LivePart,
} from '../part-pointer.ts';
import type { BuiltRelated } from './build-related.ts';

/** An edge may go by the pointer before the live one. */
const NEWEST = 2;

export interface LiveRelated extends LivePart {
  /** What they were made of, as `publishRelated` was told. */
  readonly madeOf: string;
  readonly index: RelatedIndex;
}

/** The live neighbours; undefined where there are none. */
export async function readLiveRelated(store: Pick<Store, 'db'>): Promise<LiveRelated | undefined> {
  const live = await readLivePart(store, RELATED_KEY);
  if (live === undefined) return undefined;
  const [part] = await store.db
    .select()
    .from(relatedParts)
    .where(eq(relatedParts.hash, live.pointer.hash));
  if (part === undefined) return undefined;
  const index = relatedIndexFromBytes(new Uint8Array(part.bytes));
  return { ...live, madeOf: part.madeOf, index };
}

/**
 * Publishes which items are alike. Shards that KV has already are not written again, unless it lost some.
 * @param madeOf what they follow from: the schema's settings and the revision of the items.
 * @returns whether they are others than the live ones.
 */
export async function publishRelated(
  store: Store,
  publisher: Pick<Publisher, 'publishRelated'>,
  { items, index, shards }: BuiltRelated,
  { madeOf, isLost, nowMs }: { madeOf: string; isLost: boolean; nowMs: () => number },
): Promise<boolean> {
  const live = await readLiveRelated(store);
  const isSame = live?.pointer.hash === index.hash && !isLost;
  const sizeBytes = shards.reduce((sum, { bytes }) => sum + bytes.length, index.bytes.length);
  const publishedAt = nowMs();
  const row = { hash: index.hash, items, sizeBytes, madeOf, publishedAt };
  const bytes = Buffer.from(index.bytes);
  await store.write([
    store.db
      .insert(relatedParts)
      .values({ ...row, bytes })
      .onConflictDoUpdate({ target: relatedParts.hash, set: { madeOf, publishedAt } }),
  ]);
  if (isSame) return false;
  const at = timeAfter(live?.pointer, publishedAt);
  const pointer = await publisher.publishRelated(index, shards, at, isLost);
  const newest = store.db
    .select({ hash: relatedParts.hash })
    .from(relatedParts)
    .orderBy(desc(relatedParts.publishedAt))
    .limit(NEWEST + 1);
  await store.write([
    // Writing the shards of a large catalogue takes minutes: KV shows the pointer before this one for a while from now on.
    recordLivePart(store, RELATED_KEY, { pointer, since: nowMs() }),
    recordAudit(store, {
      at: publishedAt,
      actor: 'backend',
      action: 'publish related items',
      subject: index.hash,
      details: { items, sizeBytes },
    }),
    store.db.delete(relatedParts).where(notInArray(relatedParts.hash, newest)),
  ]);
  return true;
}

/** How many shards are looked at each time. */
const LOOKED_AT = 4;

/**
 * Whether KV has lost or damaged any of the live neighbours: the pointer, the index, or some of the shards, others each time.
 * @param turn counts the times. @throws ApiError where KV cannot be reached.
 */
export async function isRelatedLost(
  kv: Pick<Kv, 'get'>,
  { pointer, index }: LiveRelated,
  turn: number,
): Promise<boolean> {
  const named = await readPartInKv(kv, RELATED_KEY);
  // Another backend has just published newer ones.
  if (named !== undefined && named.at > pointer.at) return false;
  if (named?.hash !== pointer.hash) return true;
  const hashes = [
    pointer.hash,
    ...Array.from(
      { length: LOOKED_AT },
      (_, i) => index.shards[(turn * LOOKED_AT + i) % index.shards.length],
    ),
  ];
  for (const hash of new Set(hashes)) {
    const bytes = await kv.get('CATALOGUE', partKey('r', hash, 0));
    if (bytes === undefined || snapshotHash(bytes) !== hash) return true;
  }
  return false;
}

/**
 * The hashes of the indexes and shards that an edge may have to read from KV: those that pointers name, and the newest two.
 * @returns undefined where the pointer in KV cannot be read, or names what is not known here: then nothing is known of what edges read.
 */
export async function neededRelated(
  { db }: Pick<Store, 'db'>,
  kv: Pick<Kv, 'get'>,
): Promise<Set<string> | undefined> {
  const named = await readPartInKv(kv, RELATED_KEY);
  const live = await readLiveRelated({ db });
  if (named === undefined && live !== undefined) return undefined;
  const kept = await db.select().from(relatedParts).orderBy(desc(relatedParts.publishedAt));
  const wanted = new Set([named?.hash, live?.pointer.hash]);
  if (named !== undefined && !kept.some(({ hash }) => hash === named.hash)) return undefined;
  return new Set(
    kept
      .filter(({ hash }, i) => i < NEWEST || wanted.has(hash))
      .flatMap(({ hash, bytes }) => [hash, ...relatedIndexFromBytes(new Uint8Array(bytes)).shards]),
  );
}
