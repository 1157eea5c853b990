import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import { statement } from '../account/mark.ts';

/**
 * Deletes what was made of data and is read no more. Counts by day and latency by hour are kept for a time of their own. Of an experiment the
 * last report stays, for ever, and those of each day for as long as the log; alerts that are over stay as long as units do;
 * samples of the catalogue and leases that ran out go with the log. Everything that says who did or decided what is kept: `audit`, `rollouts`,
 * `rollout_decisions`, `metric_weights`, `experiments`, `weights`, `evaluations`, `runs`, and the monthly `reports`.
 * @param before epoch ms: what the log begins with. @param keptBefore the same of units and outcomes. @param countedBefore
 * the same of counts by day and of latency by hour.
 */
export async function pruneRecords(
  store: Store,
  before: number,
  keptBefore: number,
  countedBefore: number,
): Promise<void> {
  const { db } = store;
  await store.write([
    statement(
      db,
      sql`delete from experiment_reports where at < ${before} and exists (
        select 1 from experiment_reports later
        where later.experiment = experiment_reports.experiment
          and (later.at, later.id) > (experiment_reports.at, experiment_reports.id))`,
    ),
    // One whose recovery is still to be told is not over.
    statement(
      db,
      sql`delete from alerts where resolvedAt < ${keptBefore}
        and (notifiedAt is null or recoveryNotifiedAt is not null)`,
    ),
    statement(db, sql`delete from alert_notices where alertId not in (select id from alerts)`),
    statement(db, sql`delete from visitor_latency where hour < ${countedBefore}`),
    statement(db, sql`delete from objective_counts where at < ${countedBefore}`),
    statement(db, sql`delete from daily_counts where day < ${countedBefore}`),
    statement(db, sql`delete from catalogue_samples where day < ${before}`),
    // Of processes that ended without giving them back.
    statement(db, sql`delete from leases where expiresAt < ${before}`),
  ]);
}
