import { eq } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';
import type { RolloutEvidence, RolloutState } from './rollout-evidence.ts';
import { openRollouts, type RolloutRow } from './rollout-rows.ts';
import { readStuckSince } from './stuck-since.ts';

/** Who waits behind a rollout and has passed the gate, and since when it has stood still. */
export async function whoWaits(
  store: Store,
  row: RolloutRow,
): Promise<Pick<RolloutEvidence, 'successor' | 'stuckSinceMs'>> {
  const next = (await openRollouts(store)).find(
    ({ id, lineage, champion, gate }) =>
      id !== row.id &&
      lineage === row.lineage &&
      champion === row.champion &&
      gate?.verdict === 'promote',
  );
  const stuckSinceMs = await readStuckSince(store, row);
  return {
    ...(stuckSinceMs !== null && { stuckSinceMs }),
    ...(next && {
      successor: {
        version: next.challenger as RolloutState['challenger'],
        isBetter: await isBetter(store, next, row),
      },
    }),
  };
}

/** By the same evidence of the gate, against the same champion: the whole interval of its gain lies above that of the other one. */
async function isBetter(store: Store, next: RolloutRow, than: RolloutRow): Promise<boolean> {
  const [a, b] = [await gateGain(store, next.challenger), await gateGain(store, than.challenger)];
  if (a === undefined || b === undefined) return false;
  return a.parent === b.parent && a.decidedBy === b.decidedBy && a.low > b.high;
}

/** The gain that decided at a version's gate, with the version that it was compared with. */
async function gateGain(store: Store, version: string) {
  const [row] = await store.db
    .select({ lineage: weights.lineage })
    .from(weights)
    .where(eq(weights.version, version));
  const { gate, parent } = (row?.lineage ?? {}) as {
    readonly parent?: string;
    readonly gate?: {
      readonly decidedBy?: string;
      readonly gain?: { readonly low: number; readonly high: number };
    };
  };
  if (gate?.gain === undefined || parent === undefined) return undefined;
  return { parent, decidedBy: gate.decidedBy, ...gate.gain };
}
