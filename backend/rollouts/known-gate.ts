import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import type { GateVerdict } from '../science/evaluation/gate-report.ts';
import { learnedUntil } from '../models/learned-until.ts';
import { readLive } from '../models/live-pointer.ts';
import { lineageAskedFor } from '../models/lineage-asked-for.ts';
import type { Store } from '../store/open.ts';
import { evaluations, weights } from '../store/tables.ts';

/**
 * The gate's verdict on a version against the current champion: of its training, or else of its newest evaluation, as a version that was
 * trained elsewhere has no other. An evaluation on rankings that either of them learned from (`--from`) is none.
 * @throws ApiError 409 `no_gate` where they were not compared: somebody may promote the version by hand instead.
 */
export async function knownGate(
  store: Store,
  version: Version,
  placement?: string,
): Promise<GateVerdict> {
  const pointer = (await readLive(store))?.pointer;
  const champion = lineageAskedFor(pointer, placement)?.champion ?? RULES_VERSION;
  const rows = await store.db
    .select({ version: weights.version, lineage: weights.lineage })
    .from(weights)
    .where(inArray(weights.version, [version, champion]));
  const { gate, parent } = rows.find((row) => row.version === version)?.lineage ?? {};
  if (gate !== undefined && parent === champion) return gate as GateVerdict;
  const learned = Math.max(...rows.map(({ lineage }) => learnedUntil(lineage)));
  const [evaluated] = await store.db
    .select({ report: evaluations.report })
    .from(evaluations)
    .where(
      and(
        eq(evaluations.version, version),
        eq(evaluations.against, champion),
        sql`json_extract(${evaluations.report}, '$.heldFrom') >= ${learned}`,
      ),
    )
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
