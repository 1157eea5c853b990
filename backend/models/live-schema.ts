import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { readLive } from './live-pointer.ts';
import type { Store } from '../store/open.ts';
import type { Versions } from './versions.ts';

/** The champion, whose schema is in force. */
export async function liveScorer(store: Store, versions: Pick<Versions, 'load'>): Promise<Scorer> {
  const champion = (await readLive(store))?.pointer.champion ?? RULES_VERSION;
  try {
    return await versions.load(champion);
  } catch (error) {
    // Ops may name a version that does not exist. The edge then keeps the version it had, so its schema stays too.
    if (!(error instanceof ApiError) || champion === RULES_VERSION) throw error;
    return versions.load(RULES_VERSION);
  }
}

/** The schema of the champion: items must fit it, and the catalogue is packed by it. */
export const liveSchema = async (store: Store, versions: Versions): Promise<Schema> =>
  (await liveScorer(store, versions)).schema;
