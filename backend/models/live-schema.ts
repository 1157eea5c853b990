import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { readLive } from './live-pointer.ts';
import type { Store } from '../store/open.ts';
import type { Versions } from './versions.ts';

const liveVersion = async (store: Store): Promise<Version> =>
  (await readLive(store))?.pointer.champion ?? RULES_VERSION;

/** The champion, whose schema is in force. */
export async function liveScorer(store: Store, versions: Pick<Versions, 'load'>): Promise<Scorer> {
  const champion = await liveVersion(store);
  try {
    return await versions.load(champion);
  } catch (error) {
    // Ops may name a version that does not exist. The edge then keeps the version it had, so its schema stays too.
    if (!(error instanceof ApiError) || champion === RULES_VERSION) throw error;
    return versions.load(RULES_VERSION);
  }
}

/**
 * Reads the schema of the champion: items must fit it, and the catalogue is packed by it. A version never changes, so it is read once
 * for as long as it is the champion.
 */
export function liveSchemaReader(
  store: Store,
  versions: Pick<Versions, 'load'>,
): () => Promise<Schema> {
  let known: Scorer | undefined;
  return async () => {
    if (known === undefined || known.version !== (await liveVersion(store)))
      known = await liveScorer(store, versions);
    return known.schema;
  };
}
