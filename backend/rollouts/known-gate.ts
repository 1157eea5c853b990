import { eq } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { GateVerdict } from '../science/evaluation/gate-report.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';

/**
 * The gate's verdict in training on a version against the current champion.
 * @throws ApiError 409 `no_gate` where they were not compared: somebody may promote the version by hand instead.
 */
export async function knownGate(store: Store, version: Version): Promise<GateVerdict> {
  const [row] = await store.db
    .select({ lineage: weights.lineage })
    .from(weights)
    .where(eq(weights.version, version));
  const champion = (await readLive(store))?.pointer.champion;
  const { gate, parent } = row?.lineage ?? {};
  if (gate === undefined || parent !== champion)
    throw new ApiError(
      409,
      'no_gate',
      `no gate compared ${version} with ${champion}: train it from there, or vouch for it with force`,
    );
  return gate as GateVerdict;
}
