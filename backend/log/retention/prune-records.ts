import { sql, type SQL } from 'drizzle-orm';
import type { Statement, Store } from '../../store/open.ts';
import { statement } from '../account/mark.ts';
import { DAY_MS, floorToDay } from '../../../shared/domain/utc-day.ts';
import type { PrivacySettings } from './settings.ts';

/**
 * Deletes what was made of data and is read no more. Counts by day and latency by hour are kept for a time of their own. Of an experiment the
 * last report stays, for ever, and those of each day for as long as the log; alerts that are over stay as long as units do;
 * samples of the catalogue and leases that ran out go with the log, and sign-ins once they are over. What says who did or decided what is kept for as long as
 * `privacy` says, which is for ever by default, and always of `rollouts`, `rollout_decisions`, `metric_weights`, `experiments`, `weights`, `evaluations` and `runs`.
 * @param before epoch ms: what the log begins with. @param keptBefore the same of units and outcomes. @param countedBefore
 * the same of counts by day and of latency by hour. @param logMs what time it is by the log.
 */
export async function pruneRecords(
  store: Store,
  before: number,
  keptBefore: number,
  countedBefore: number,
  { privacy, logMs }: { readonly privacy: PrivacySettings; readonly logMs: number },
): Promise<void> {
  const { db } = store;
  const beforeOf = (days: number | undefined): number | undefined =>
    days === undefined ? undefined : Math.max(0, floorToDay(logMs - days * DAY_MS));
  const alertsBefore = beforeOf(privacy.alertDays);
  const latencyBefore = beforeOf(privacy.latencyDays);
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
      sql`delete from alerts where resolvedAt < ${alertsBefore ?? keptBefore}
        and (notifiedAt is null or recoveryNotifiedAt is not null)`,
    ),
    statement(db, sql`delete from alert_notices where alertId not in (select id from alerts)`),
    statement(db, sql`delete from objective_counts where at < ${countedBefore}`),
    statement(db, sql`delete from visitor_latency where hour < ${latencyBefore ?? countedBefore}`),
    statement(db, sql`delete from daily_counts where day < ${countedBefore}`),
    statement(db, sql`delete from catalogue_samples where day < ${before}`),
    // Of processes that ended without giving them back.
    statement(db, sql`delete from leases where expiresAt < ${before}`),
    // Of browsers that never came back: nobody else would delete them.
    statement(db, sql`delete from login_sessions where expiresAt < ${before}`),
    statement(db, sql`delete from login_links where expiresAt < ${before}`),
    ...(alertsBefore === undefined
      ? []
      : [
          // The newest of a key holds: one that ended an older one early stays until that would have ended too.
          statement(
            db,
            sql`delete from alert_silences where at < ${alertsBefore} and until < ${alertsBefore}
              and not exists (select 1 from alert_silences older where older.key = alert_silences.key
                and older.id < alert_silences.id and older.until >= ${alertsBefore})`,
          ),
        ]),
    // Entries with a hash are what the history of metric weights is checked against.
    ...olderThan(db, 'audit', 'at', beforeOf(privacy.auditDays), UNHASHED),
    ...olderThan(db, 'reports', 'createdAt', beforeOf(privacy.reportDays)),
    ...olderThan(db, 'training_exclusions', 'liftedAt', beforeOf(privacy.exclusionDays)),
  ]);
}

const UNHASHED = sql`(not json_valid(details) or json_extract(details, '$.hash') is null)`;

const olderThan = (
  db: Store['db'],
  table: string,
  column: string,
  before: number | undefined,
  also: SQL = sql`true`,
): Statement[] =>
  before === undefined
    ? []
    : [
        statement(
          db,
          sql`delete from ${sql.identifier(table)} where ${sql.identifier(column)} < ${before} and ${also}`,
        ),
      ];
