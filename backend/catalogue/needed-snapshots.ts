import { desc, inArray, sql } from 'drizzle-orm';
import type { Version } from '../../shared/domain/ids.ts';
import { parseSnapshotPointer, type PatchRef } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { snapshots, weights } from '../store/tables.ts';
import { readLiveSnapshot } from './snapshot-publisher.ts';

/** The live one and the one before it. */
const NEWEST = 2;

/**
 * The hashes of the snapshots and patches that an edge may have to read from KV: those that pointers name, the newest two, and the
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
    .select({ hash: snapshots.hash, base: snapshots.base, patches: snapshots.patches })
    .from(snapshots)
    .orderBy(desc(snapshots.publishedAt))
    .limit(NEWEST);
  const schemas = db
    .select({ hash: weights.schemaHash })
    .from(weights)
    .where(inArray(weights.version, [...versions]));
  // SQLite takes the other columns from the row that has the maximum.
  const ofSchemas = await db
    .select({
      hash: snapshots.hash,
      base: snapshots.base,
      patches: snapshots.patches,
      at: sql`max(${snapshots.publishedAt})`,
    })
    .from(snapshots)
    .where(inArray(snapshots.schemaHash, schemas))
    .groupBy(snapshots.schemaHash);
  const recorded = parseSnapshotPointer(JSON.stringify(live ?? null));
  return new Set([
    ...[pointer, ...(recorded ? [recorded] : [])].flatMap((own) => [own.hash, ...hashesOf(own)]),
    ...[...newest, ...ofSchemas].flatMap((own) => [own.base ?? own.hash, ...hashesOf(own)]),
  ]);
}

const hashesOf = ({ patches }: { readonly patches?: readonly PatchRef[] | null }): string[] =>
  (patches ?? []).map(({ hash }) => hash);
