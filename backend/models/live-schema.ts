import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { readLive } from './live-pointer.ts';
import type { Store } from '../store/open.ts';
import type { Versions } from './versions.ts';

/** The schema of the champion: items must fit it, and the catalogue is packed by it. */
export async function liveSchema(store: Store, versions: Versions): Promise<Schema> {
  const champion = (await readLive(store))?.pointer.champion ?? RULES_VERSION;
  try {
    return (await versions.load(champion)).schema;
  } catch (error) {
    // Ops may name a version that does not exist. The edge then keeps the version it had, so its schema stays too.
    if (!(error instanceof ApiError) || champion === RULES_VERSION) throw error;
    return (await versions.load(RULES_VERSION)).schema;
  }
}
