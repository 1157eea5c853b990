import { type SQL, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { rolloutDecisions, rollouts } from '../store/tables.ts';
import type { RolloutDecision } from './rollout-decision.ts';
import { recordStage } from './record-stage.ts';
import { actorFor, lastDecisionOf, type RolloutRow } from './rollout-rows.ts';

/** A decision to wait for the same reason as before is not recorded again. */
export async function isWorthRecording(
  store: Store,
  row: RolloutRow,
  decision: RolloutDecision,
): Promise<boolean> {
  if (decision.next.stage !== row.stage || !isIdle(decision)) return true;
  const last = await lastDecisionOf(store, row.id);
  return last?.why !== decision.why;
}

const isIdle = ({ action }: RolloutDecision): boolean =>
  action.do === 'wait' || action.do === 'keep off';

/** Writes decision, state and audit in one transaction; none of them where the fence does not hold or another backend was first. */
export async function recordDecision(
  store: Store,
  row: RolloutRow,
  decision: RolloutDecision,
  fence: SQL,
): Promise<void> {
  const { from, next, why, action, atMs } = decision;
  const isCurrent = sql`exists (select 1 from ${rollouts} where ${rollouts.id} = ${row.id}
    and ${rollouts.stage} = ${row.stage} and ${rollouts.since} = ${row.since} and ${rollouts.endedAt} is null)`;
  const statements = [
    store.db.insert(rolloutDecisions).values({
      // SQLite can abort a transaction outside a trigger only by a constraint: a null id violates NOT NULL.
      rollout: sql`case when ${fence} and ${isCurrent} then ${row.id} end`,
      at: atMs,
      decision: { ...decision },
    }),
    ...(next.stage === from.stage ? [] : recordStage(store, row, next.stage, next.sinceMs)),
    ...(next.stage === from.stage && isIdle(decision)
      ? []
      : [
          recordAudit(store, {
            at: atMs,
            actor: actorFor(row),
            action: action.do,
            subject: row.challenger,
            details: { from: from.stage, to: next.stage, why, evidence: decision.evidence },
          }),
        ]),
  ];
  try {
    await store.write(statements);
  } catch (error) {
    if (!/NOT NULL constraint failed: rollout_decisions\.rollout/.test(messageOf(error)))
      throw error;
    throw new ApiError(
      409,
      'overtaken',
      `another backend decided on ${row.id} meanwhile: this decision was not written`,
    );
  }
}
