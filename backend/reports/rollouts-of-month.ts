import { and, asc, eq, gte, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { rolloutDecisions, rollouts } from '../store/tables.ts';
import type { Bounds } from './bounds.ts';
import type { RolloutLine } from './report-shape.ts';

/** Rollouts that were under way, with the decisions that changed their stage. */
export async function rolloutsIn(store: Store, { from, to }: Bounds): Promise<RolloutLine[]> {
  const rows = await store.db
    .select()
    .from(rollouts)
    .where(
      and(lt(rollouts.createdAt, to), or(isNull(rollouts.endedAt), gte(rollouts.endedAt, from))),
    )
    .orderBy(asc(rollouts.createdAt));
  const lines: RolloutLine[] = [];
  for (const { id, challenger, champion, stage, createdAt, endedAt } of rows) {
    const stageOf = (side: 'from' | 'next') =>
      sql<string>`json_extract(${rolloutDecisions.decision}, ${`$.${side}.stage`})`;
    const steps = await store.db
      .select({
        at: rolloutDecisions.at,
        from: stageOf('from'),
        to: stageOf('next'),
        why: sql<string>`json_extract(${rolloutDecisions.decision}, '$.why')`,
      })
      .from(rolloutDecisions)
      .where(
        and(
          eq(rolloutDecisions.rollout, id),
          gte(rolloutDecisions.at, from),
          lt(rolloutDecisions.at, to),
          ne(stageOf('from'), stageOf('next')),
        ),
      )
      .orderBy(asc(rolloutDecisions.id));
    lines.push({ id, challenger, champion, stage, createdAt, endedAt, steps });
  }
  return lines;
}
