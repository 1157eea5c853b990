import { and, desc, eq } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { GateVerdict } from '../science/evaluation/gate-report.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { evaluations, weights } from '../store/tables.ts';

/**
 * The gate's verdict on a version against the current champion: of its training, or else of its newest evaluation, as a version that was
 * trained elsewhere has no other.
 * @throws ApiError 409 `no_gate` where they were not compared: somebody may promote the version by hand instead.
 */
export async function knownGate(store: Store, version: Version): Promise<GateVerdict> {
  const [row] = await store.db
    .select({ lineage: weights.lineage })
    .from(weights)
    .where(eq(weights.version, version));
  const champion = (await readLive(store))?.pointer.champion;
  const { gate, parent } = row?.lineage ?? {};
  if (gate !== undefined && parent === champion) return gate as GateVerdict;
  const [evaluated] = await store.db
    .select({ report: evaluations.report })
    .from(evaluations)
    .where(and(eq(evaluations.version, version), eq(evaluations.against, champion ?? '')))
    .orderBy(desc(evaluations.id))
    .limit(1);
  if (evaluated === undefined)
    throw new ApiError(
      409,
      'no_gate',
      `no gate compared ${version} with ${champion}: evaluate it ("trimtab evaluate ${version}"), train it from there, or vouch for it with force`,
    );
  return evaluated.report.gate as GateVerdict;
}
