import { and, desc, eq, isNull, lte, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import type { MonitorSettings } from '../monitor/settings.ts';
import type { Store } from '../store/open.ts';
import { alerts, runs } from '../store/tables.ts';
import type { Trainer } from './trainer.ts';

const HOUR_MS = 3_600_000;
const NAME = 'learned after drift';

/**
 * Starts a training where an alert of drift is open: once for each alert, and not sooner than `trainHours` after the last one
 * that drift started in the same lineage, whatever became of it. What it learns goes through the gate like any other version. One that cannot
 * start because another is under way is tried again at the next check.
 */
export async function trainOnDrift({
  store,
  trainer,
  settings: { trains, trainHours },
  nowMs,
  log,
}: {
  readonly store: Store;
  readonly trainer: Pick<Trainer, 'start'>;
  readonly settings: Pick<MonitorSettings['drift'], 'trains' | 'trainHours'>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Promise<void> {
  if (!trains) return;
  const open = await store.db
    .select({ openedAt: alerts.openedAt, message: alerts.message, details: alerts.details })
    .from(alerts)
    .where(and(eq(alerts.kind, 'drift'), isNull(alerts.resolvedAt)));
  for (const alert of open) await trainFor(alert);

  async function trainFor(alert: (typeof open)[number]): Promise<void> {
    const { placement } = alert.details;
    const of = typeof placement === 'string' ? placement : undefined;
    const now = nowMs();
    const [last] = await store.db
      .select({ startedAt: runs.startedAt })
      .from(runs)
      // One from the future, which a clock that was wrong left, is none: else nothing would start until then.
      .where(
        and(
          eq(sql`${runs.params} ->> '$.name'`, NAME),
          sql`${runs.params} ->> '$.placement' is ${of ?? null}`,
          lte(runs.startedAt, now),
        ),
      )
      .orderBy(desc(runs.startedAt))
      .limit(1);
    const lastAt = last?.startedAt ?? -Infinity;
    if (lastAt >= alert.openedAt || now - lastAt < trainHours * HOUR_MS) return;
    try {
      const asked = { name: NAME, ...(of !== undefined && { placement: of }) };
      log(`training, as ${alert.message}: run ${await trainer.start(asked)}`);
    } catch (error) {
      const isExpected =
        error instanceof ApiError && ['training_running', 'no_lineage'].includes(error.code);
      if (!isExpected) throw error;
    }
  }
}
