import { and, eq } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import { type Experiment, shareOf } from './new-experiment.ts';

/**
 * The share of visitors, in 0..1, of whom no running experiment claims what a rollout needs: only they can be in it. A canary
 * needs their version, interleaved slates their exploration as well (`shared/explore/resolve.ts`). Layers are independent, so
 * their free shares multiply. An experiment of some placements only counts as if it was of all, as a session may come to them.
 * @param lineage the placement whose visitors are asked for; null: those of the default lineage.
 */
export async function freeShare(
  { db }: Pick<Store, 'db'>,
  design: Experiment['design'] = 'split',
  lineage: string | null = null,
): Promise<number> {
  const running = await db
    .select()
    .from(experiments)
    .where(and(eq(experiments.kind, 'experiment'), eq(experiments.status, 'running')));
  const claiming = running.filter(
    (one) =>
      one.lineage === lineage &&
      one.arms.some(
        ({ version, exploration }) =>
          version !== undefined || (design === 'interleaved' && exploration !== undefined),
      ),
  );
  const layers = [...Map.groupBy(claiming, ({ layer }) => layer).values()];
  return layers.reduce(
    (free, own) => free * Math.max(0, 1 - own.reduce((sum, one) => sum + shareOf(one), 0)),
    1,
  );
}
