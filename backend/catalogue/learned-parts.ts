import { createHash } from 'node:crypto';
import { and, desc, eq, ne, sql, type SQL } from 'drizzle-orm';
import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { LearnedColumns } from '../../shared/features/columns/learned-columns.ts';
import { learnedFromBytes } from '../../shared/format/learned-bytes.ts';
import type { Kv } from '../models/edge-kv.ts';
import { LEARNED_KEY, partKey } from '../models/kv-keys.ts';
import type { Publisher } from '../models/publisher.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { learnedParts } from '../store/tables.ts';
import { readLivePart, readPartInKv, recordLivePart, timeAfter } from './part-pointer.ts';

/** An edge may go by the pointer before the live one. */
const NEWEST = 2;
/** A pointer that was just moved is recorded a moment later, and KV may show the one before. */
const MOVING_MS = 30_000;

/** Learned columns to be published. */
export interface BuiltLearned {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly items: number;
  /** Goes into the audit log. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The pointer that was published last; undefined where none was. */
export const readLiveLearned = async (
  store: Pick<Store, 'db'>,
): Promise<SnapshotPointer | undefined> => (await readLivePart(store, LEARNED_KEY))?.pointer;

/** The live learned columns, or those of a hash while they are kept. */
export async function readLearned(
  store: Pick<Store, 'db'>,
  hash?: string,
): Promise<{ readonly hash: string; readonly columns: LearnedColumns } | undefined> {
  const wanted = hash ?? (await readLiveLearned(store))?.hash;
  if (wanted === undefined) return undefined;
  const [row] = await store.db.select().from(learnedParts).where(eq(learnedParts.hash, wanted));
  return row && { hash: row.hash, columns: learnedFromBytes(row.bytes) };
}

/**
 * Publishes learned columns where they are others than the live ones, and deletes those that were superseded long enough ago. They
 * are stored first, so that whatever the pointer names can be published again.
 * @returns whether they were others.
 */
export async function publishLearned(
  store: Store,
  publisher: Pick<Publisher, 'publishLearned'>,
  { hash, bytes, items, details }: BuiltLearned,
  { keptSince, nowMs }: { keptSince: number; nowMs: number },
): Promise<boolean> {
  const live = await readLiveLearned(store);
  if (live?.hash === hash || (live === undefined && items === 0)) return false;
  const row = { hash, items, publishedAt: nowMs, bytes: Buffer.from(bytes) };
  await store.write([
    store.db
      .insert(learnedParts)
      .values(row)
      .onConflictDoUpdate({ target: learnedParts.hash, set: { publishedAt: nowMs } }),
  ]);
  const pointer = await publisher.publishLearned(hash, bytes, timeAfter(live, nowMs));
  await store.write([
    recordLive(store, pointer),
    recordAudit(store, {
      at: nowMs,
      actor: 'backend',
      action: 'publish learned columns',
      subject: hash,
      details: { items, sizeBytes: bytes.length, ...details },
    }),
    store.db.delete(learnedParts).where(and(ne(learnedParts.hash, hash), supersededBy(keptSince))),
  ]);
  return true;
}

/** A part was live until the next one, however long that was: of a site where nobody was for weeks it is still the one to draw by. */
const supersededBy = (at: number): SQL =>
  sql`${learnedParts.publishedAt} < (select max(n.publishedAt) from learned_parts n where n.publishedAt <= ${at})`;

const recordLive = (store: Store, pointer: SnapshotPointer) =>
  recordLivePart(store, LEARNED_KEY, { pointer, since: pointer.at });

/** Publishes the live learned columns again where KV has lost or damaged them, or what names them. */
export async function repairLearned(deps: {
  readonly store: Store;
  readonly kv: Kv;
  readonly publisher: Pick<Publisher, 'publishLearned'>;
  readonly settleMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Promise<void> {
  const { store, kv, publisher, settleMs, nowMs, log } = deps;
  const live = await readLiveLearned(store);
  if (live === undefined || Math.abs(nowMs() - live.at) < settleMs + MOVING_MS) return;
  const found = await readPartInKv(kv, LEARNED_KEY);
  // Another backend has just published newer ones.
  if (found !== undefined && found.at > live.at) return;
  if (found?.hash === live.hash && (await isWhole(kv, found))) return;
  const [row] = await store.db.select().from(learnedParts).where(eq(learnedParts.hash, live.hash));
  if (row === undefined) return;
  log(`learned columns ${live.hash} are gone from KV, or damaged: they are published again`);
  const bytes = new Uint8Array(row.bytes);
  const pointer = await publisher.publishLearned(live.hash, bytes, timeAfter(live, nowMs()));
  await store.write([recordLive(store, pointer)]);
}

async function isWhole(kv: Kv, { hash, parts }: SnapshotPointer): Promise<boolean> {
  const digest = createHash('sha256');
  for (let part = 0; part < parts; part++) {
    const bytes = await kv.get('CATALOGUE', partKey('l', hash, part));
    if (bytes === undefined) return false;
    digest.update(bytes);
  }
  return digest.digest('hex').slice(0, hash.length) === hash;
}

/**
 * The hashes of the learned columns that an edge may have to read from KV: those that pointers name, and the newest two.
 * @returns undefined where the pointer in KV cannot be read: then nothing is known of what edges read.
 */
export async function neededLearned(store: Store, kv: Kv): Promise<Set<string> | undefined> {
  const [named, live] = [await readPartInKv(kv, LEARNED_KEY), await readLiveLearned(store)];
  if (named === undefined && live !== undefined) return undefined;
  const newest = await store.db
    .select({ hash: learnedParts.hash })
    .from(learnedParts)
    .orderBy(desc(learnedParts.publishedAt))
    .limit(NEWEST);
  return new Set([named, live, ...newest].flatMap((one) => one?.hash ?? []));
}
