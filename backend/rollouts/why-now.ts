import { and, desc, eq, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { audit } from '../store/tables.ts';
import { lastDecisionOf, openRollouts, type RolloutRow } from './rollout-rows.ts';

/**
 * Why a rollout is where it is, as a sentence: its last decision; or who ended it, of which no decision tells; or, where none was
 * made yet, behind which rollout it waits. @returns null where nothing tells.
 */
export async function whyNow(store: Store, row: RolloutRow): Promise<string | null> {
  const last = await lastDecisionOf(store, row.id);
  if (row.stage === 'withdrawn' && last?.next.stage !== 'withdrawn')
    return (await whoEnded(store, row)) ?? last?.why ?? null;
  return last?.why ?? (await behindWhom(store, row));
}

async function whoEnded({ db }: Store, { id, challenger }: RolloutRow): Promise<string | null> {
  const [entry] = await db
    .select({ actor: audit.actor, why: sql<string>`${audit.details} ->> '$.why'` })
    .from(audit)
    .where(
      and(
        eq(audit.action, 'withdraw rollout'),
        eq(audit.subject, challenger),
        eq(sql`${audit.details} ->> '$.rollout'`, id),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(1);
  return entry === undefined ? null : `${entry.why}, by ${entry.actor}`;
}

/** One rollout is under way in each lineage at a time, the oldest. */
async function behindWhom(
  store: Store,
  { id, endedAt, lineage }: RolloutRow,
): Promise<string | null> {
  const open = endedAt === null ? await openRollouts(store) : [];
  const first = open.find((row) => row.lineage === lineage);
  return first === undefined || first.id === id
    ? null
    : `it waits until the rollout of ${first.challenger} (${first.id}) is over, which is at ${first.stage}`;
}
