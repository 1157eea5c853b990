import { desc, inArray, sql } from 'drizzle-orm';
import type { Version } from '../../shared/domain/ids.ts';
import { parseSnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { snapshots, weights } from '../store/tables.ts';
import { readLiveSnapshot } from './snapshot-publisher.ts';

/** The live one and the one before it. */
const NEWEST = 2;

/**
 * The hashes of the snapshots that an edge may have to read from KV: those that pointers name, the newest two, and the
 * newest of each schema of the needed versions, with which they can rank at once where somebody goes back to them.
 * @param inKv the text of the catalogue's pointer in KV.
 * @returns undefined where that text is no pointer: then nothing is known of what edges read.
 */
export async function neededSnapshots(
  store: Store,
  inKv: string,
  versions: ReadonlySet<Version>,
): Promise<Set<string> | undefined> {
  const pointer = parseSnapshotPointer(inKv);
  if (pointer === undefined) return undefined;
  const { db } = store;
  const live = await readLiveSnapshot(store);
  const newest = await db
    .select({ hash: snapshots.hash })
    .from(snapshots)
    .orderBy(desc(snapshots.publishedAt))
    .limit(NEWEST);
  const schemas = db
    .select({ hash: weights.schemaHash })
    .from(weights)
    .where(inArray(weights.version, [...versions]));
  // SQLite takes the other columns from the row that has the maximum.
  const ofSchemas = await db
    .select({ hash: snapshots.hash, at: sql`max(${snapshots.publishedAt})` })
    .from(snapshots)
    .where(inArray(snapshots.schemaHash, schemas))
    .groupBy(snapshots.schemaHash);
  return new Set([
    pointer.hash,
    ...(typeof live?.hash === 'string' ? [live.hash] : []),
    ...[...newest, ...ofSchemas].map(({ hash }) => hash),
  ]);
}
