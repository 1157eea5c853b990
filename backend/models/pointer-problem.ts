import { inArray } from 'drizzle-orm';
import { parsePointer } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';
import { readLive } from './live-pointer.ts';
import { versionsInPointer } from './versions-in-pointer.ts';

/**
 * What is wrong with the weights pointer that KV holds, by what the watch last recorded of it.
 * @returns a sentence without the pointer's text, which holds the salts of experiments; undefined where nothing is.
 */
export async function problemOfPointer(store: Store): Promise<string | undefined> {
  const live = await readLive(store);
  if (live === undefined) return 'no weights are live yet';
  const { pointer, text } = live;
  if (parsePointer(text) === undefined)
    return `the WEIGHTS key "active" in KV is not a pointer: edges go on with ${pointer.champion}, and "trimtab release" writes it anew`;
  const named = versionsInPointer(pointer);
  const rows = await store.db
    .select({ version: weights.version })
    .from(weights)
    .where(inArray(weights.version, named));
  const unknown = named.filter((version) => !rows.some((row) => row.version === version));
  return unknown.length === 0
    ? undefined
    : `the weights pointer names ${unknown.join(', ')}, not stored here: edges go on with what they had, and "trimtab rollback" names another`;
}
