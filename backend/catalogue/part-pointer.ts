import { eq } from 'drizzle-orm';
import { parseSnapshotPointer, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Kv } from '../models/edge-kv.ts';
import type { LEARNED_KEY, RELATED_KEY } from '../models/kv-keys.ts';
import type { Statement, Store } from '../store/open.ts';
import { pointers } from '../store/tables.ts';

/** What is published beside the catalogue, each with a pointer of its own: by this name it is recorded, and under this key it is in KV. */
type PartName = typeof LEARNED_KEY | typeof RELATED_KEY;

/** A pointer that was published, and since when, in epoch ms. */
export interface LivePart {
  readonly pointer: SnapshotPointer;
  readonly since: number;
}

/** The pointer that was published last; undefined where none was. */
export async function readLivePart(
  { db }: Pick<Store, 'db'>,
  name: PartName,
): Promise<LivePart | undefined> {
  const [row] = await db.select().from(pointers).where(eq(pointers.name, name));
  const pointer = row && parseSnapshotPointer(JSON.stringify(row.value));
  return pointer && { pointer, since: row.since };
}

export function recordLivePart(
  { db }: Store,
  name: PartName,
  { pointer, since }: LivePart,
): Statement {
  const row = { name, value: { ...pointer }, since };
  return db.insert(pointers).values(row).onConflictDoUpdate({ target: pointers.name, set: row });
}

/** The time of the pointer that follows the live one, in epoch ms. Edges tell by it which is newer, whatever the clock says. */
export const timeAfter = (live: SnapshotPointer | undefined, nowMs: number): number =>
  live === undefined ? nowMs : Math.max(nowMs, live.at + 1);

/** The pointer that KV has; undefined where it has none, or one that cannot be read. @throws ApiError where KV cannot be reached. */
export async function readPartInKv(
  kv: Pick<Kv, 'get'>,
  name: PartName,
): Promise<SnapshotPointer | undefined> {
  const stored = await kv.get('CATALOGUE', name);
  return stored && parseSnapshotPointer(new TextDecoder().decode(stored));
}
