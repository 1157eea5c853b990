import { max, sql } from 'drizzle-orm';
import { MAX_REVISION, parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import type { Statement, Store } from '../store/open.ts';
import { pointerRevisions } from '../store/tables.ts';

/** A pointer as it is published: with its revision, and as the text that KV is to hold. */
export interface NumberedPointer {
  readonly pointer: Pointer;
  readonly text: string;
}

/**
 * Gives a pointer the next revision and records it, before any edge can go by it. One that is not written after all leaves
 * its number unused.
 * @param nowMs goes into the pointer.
 * @throws Error where another backend took the number, or there is none left.
 */
export async function numberPointer(
  store: Store,
  given: Pointer,
  nowMs: number,
): Promise<NumberedPointer> {
  const [{ newest }] = await store.db
    .select({ newest: max(pointerRevisions.revision) })
    .from(pointerRevisions);
  const revision = (newest ?? 0) + 1;
  if (revision > MAX_REVISION)
    throw new Error(
      `there is no revision above ${newest}: somebody wrote it into a pointer by hand; delete its row of pointer_revisions and write the pointer anew`,
    );
  const pointer = { ...given, at: nowMs, revision };
  const text = JSON.stringify(pointer);
  await store.write([store.db.insert(pointerRevisions).values({ revision, at: nowMs, text })]);
  return { pointer, text };
}

/**
 * Records the revision of a pointer that was found in KV and not written by this store: numbers go on above it. If the
 * number was given to another pointer, nobody can tell any more which of the two assigned a visitor.
 * @param text what KV holds.
 */
export function recordFoundRevision(store: Store, text: string, nowMs: number): Statement[] {
  const revision = parsePointer(text)?.revision;
  if (revision === undefined) return [];
  return [
    store.db
      .insert(pointerRevisions)
      .values({ revision, at: nowMs, text })
      .onConflictDoUpdate({
        target: pointerRevisions.revision,
        set: { text: null },
        setWhere: sql`${pointerRevisions.text} <> excluded.text`,
      }),
  ];
}
