import { and, eq } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import { shareOf } from './new-experiment.ts';

/**
 * The share of visitors, in 0..1, whose version no running experiment claims: only they can be in a canary. Layers are
 * independent, so their free shares multiply.
 */
export async function freeShare({ db }: Pick<Store, 'db'>): Promise<number> {
  const running = await db
    .select()
    .from(experiments)
    .where(and(eq(experiments.kind, 'experiment'), eq(experiments.status, 'running')));
  const claiming = running.filter(({ arms }) => arms.some(({ version }) => version !== undefined));
  const layers = [...Map.groupBy(claiming, ({ layer }) => layer).values()];
  return layers.reduce(
    (free, own) => free * Math.max(0, 1 - own.reduce((sum, one) => sum + shareOf(one), 0)),
    1,
  );
}
