import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { readLive } from './live-pointer.ts';
import type { Store } from '../store/open.ts';
import type { Versions } from './versions.ts';

/** The champion's: what items must fit, and what the catalogue is packed under. */
export async function liveSchema(store: Store, versions: Versions): Promise<Schema> {
  const champion = (await readLive(store))?.pointer.champion ?? RULES_VERSION;
  try {
    return (await versions.load(champion)).schema;
  } catch (error) {
    // Ops may name a version that does not exist; the edge goes on with what it had, and so does this.
    if (!(error instanceof ApiError) || champion === RULES_VERSION) throw error;
    return (await versions.load(RULES_VERSION)).schema;
  }
}
