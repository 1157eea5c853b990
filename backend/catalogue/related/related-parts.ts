import { desc, eq, notInArray, sql } from 'drizzle-orm';
import { parseSnapshotPointer, type SnapshotPointer } from '../../../shared/domain/pointer.ts';
import { relatedIndexFromBytes, type RelatedIndex } from '../../../shared/format/related-bytes.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import type { Kv } from '../../models/edge-kv.ts';
import { partKey, RELATED_KEY } from '../../models/kv-keys.ts';
import type { Publisher } from '../../models/publisher.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { pointers, relatedParts } from '../../store/tables.ts';
import type { BuiltRelated } from './build-related.ts';

const NAME = 'related';
/** An edge may go by the pointer before the live one. */
const NEWEST = 2;

/** What the live neighbours were made of, as `publishRelated` was told; undefined where none are live. */
export async function readLiveRelated({ db }: Pick<Store, 'db'>): Promise<
  | {
      readonly pointer: SnapshotPointer;
      readonly madeOf: string;
      readonly index: RelatedIndex;
    }
  | undefined
> {
  const [row] = await db.select().from(pointers).where(eq(pointers.name, NAME));
  const pointer = row && parseSnapshotPointer(JSON.stringify(row.value));
  if (pointer === undefined) return undefined;
  const [part] = await db.select().from(relatedParts).where(eq(relatedParts.hash, pointer.hash));
  if (part === undefined) return undefined;
  const index = relatedIndexFromBytes(new Uint8Array(part.bytes));
  return { pointer, madeOf: part.madeOf, index };
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
  { madeOf, isLost, nowMs }: { madeOf: string; isLost: boolean; nowMs: number },
): Promise<boolean> {
  const live = await readLiveRelated(store);
  const isSame = live?.pointer.hash === index.hash && !isLost;
  const sizeBytes = shards.reduce((sum, { bytes }) => sum + bytes.length, index.bytes.length);
  const row = { hash: index.hash, items, sizeBytes, madeOf, publishedAt: nowMs };
  const bytes = Buffer.from(index.bytes);
  await store.write([
    store.db
      .insert(relatedParts)
      .values({ ...row, bytes })
      .onConflictDoUpdate({ target: relatedParts.hash, set: { madeOf, publishedAt: nowMs } }),
  ]);
  if (isSame) return false;
  // Edges tell by it which is newer, whatever the clock says.
  const at = live === undefined ? nowMs : Math.max(nowMs, live.pointer.at + 1);
  const pointer = await publisher.publishRelated(index, shards, at, isLost);
  const named = { name: NAME, value: { ...pointer }, since: at };
  const newest = store.db
    .select({ hash: relatedParts.hash })
    .from(relatedParts)
    .orderBy(desc(relatedParts.publishedAt))
    .limit(NEWEST + 1);
  await store.write([
    store.db
      .insert(pointers)
      .values(named)
      .onConflictDoUpdate({ target: pointers.name, set: named }),
    recordAudit(store, {
      at: nowMs,
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
  { pointer, index }: { readonly pointer: SnapshotPointer; readonly index: RelatedIndex },
  turn: number,
): Promise<boolean> {
  const named = await readRelatedPointer(kv);
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

export async function readRelatedPointer(
  kv: Pick<Kv, 'get'>,
): Promise<SnapshotPointer | undefined> {
  const stored = await kv.get('CATALOGUE', RELATED_KEY);
  return stored && parseSnapshotPointer(new TextDecoder().decode(stored));
}

/**
 * The hashes of the indexes and shards that an edge may have to read from KV: those that pointers name, and the newest two.
 * @returns undefined where the pointer in KV cannot be read, or names what is not known here: then nothing is known of what edges read.
 */
export async function neededRelated(
  { db }: Pick<Store, 'db'>,
  kv: Pick<Kv, 'get'>,
): Promise<Set<string> | undefined> {
  const named = await readRelatedPointer(kv);
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

/** The number of the last change of any item. */
export async function itemsRevision({ db }: Pick<Store, 'db'>): Promise<number> {
  const [row] = await db.all<{ seq: number }>(
    sql`select seq from sqlite_sequence where name = 'item_changes'`,
  );
  return row?.seq ?? 0;
}
