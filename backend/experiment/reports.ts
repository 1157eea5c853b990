import { and, desc, eq, gte, isNotNull, lte, or } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Store } from '../store/open.ts';
import { experimentReports, experiments } from '../store/tables.ts';
import { DAY_MS, floorToDay } from '../training-data/utc-day.ts';
import { analyseExperiment } from './analysis/analyse.ts';
import type { ExperimentReport } from './analysis/experiment-report.ts';
import type { ExperimentStatistics } from './analysis/experiment-statistics.ts';
import type { WeightsInUse } from './analysis/result-data.ts';
import type { Collected } from './collect-statistics.ts';
import type { Experiment } from './new-experiment.ts';

export interface Report {
  /** Epoch ms at which it was counted. */
  readonly at: number;
  /** True where its log is no longer whole: then the last report that was made from all of it answers. */
  readonly frozen: boolean;
  readonly collected: Collected;
  readonly analysis: ExperimentReport;
  /** What `resultData` was weighed by; absent where there were none. */
  readonly weights?: WeightsInUse;
}

/** In the store, as `freezeReport` writes it. */
type FrozenReport = Pick<Report, 'analysis' | 'weights'> & Pick<Collected, 'refusedUnits'>;

export interface ReportDeps {
  readonly store: Store;
  readonly collect: (experiment: Experiment) => Promise<Collected>;
  /** Frozen at its start, or of now; undefined where nothing is weighed. */
  readonly weightsOf: (experiment: Experiment) => Promise<WeightsInUse | undefined>;
  /** How long the log is kept. */
  readonly retentionDays: number;
  readonly nowMs: () => number;
}

/** @returns undefined where it never ran, or its log was deleted before anything was frozen. */
export async function reportOf(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  if (experiment.startedAt === null) return undefined;
  if (experiment.startedAt < wholeSince(deps)) return lastFrozen(deps.store, experiment.id);
  const collected = await deps.collect(experiment);
  const weights = await deps.weightsOf(experiment);
  const { guardrails, minimumPerArm } = experiment;
  const analysis = analyseExperiment(collected.statistics, { guardrails, minimumPerArm, weights });
  return { at: deps.nowMs(), frozen: false, collected, analysis, ...(weights && { weights }) };
}

/** Keeps what is known now; one report a day is kept, the last. @returns it, where there is any. */
export async function freezeReport(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  const { store } = deps;
  const report = await reportOf(deps, experiment);
  if (report === undefined || report.frozen) return report;
  const { at, collected, analysis, weights } = report;
  const ofToday = and(
    eq(experimentReports.experiment, experiment.id),
    gte(experimentReports.at, floorToDay(at)),
  );
  await store.write([
    store.db.delete(experimentReports).where(ofToday),
    store.db.insert(experimentReports).values({
      experiment: experiment.id,
      at,
      statistics: { ...collected.statistics },
      report: { analysis, refusedUnits: collected.refusedUnits, weights },
    }),
  ]);
  return report;
}

/**
 * Freezes every experiment that runs, and every stopped one as long as its log is whole: long-term values go on arriving.
 * @returns how many.
 */
export async function freezeReports(deps: ReportDeps): Promise<number> {
  const { db } = deps.store;
  const begun = await db
    .select()
    .from(experiments)
    .where(
      and(
        isNotNull(experiments.startedAt),
        or(eq(experiments.status, 'running'), gte(experiments.startedAt, wholeSince(deps))),
      ),
    );
  for (const experiment of begun) await freezeReport(deps, experiment);
  return begun.length;
}

/** The newest statistics of an experiment that were frozen in a span. @param span epoch ms, both inclusive. */
export async function frozenStatistics(
  db: LibSQLDatabase,
  experiment: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ExperimentStatistics | undefined> {
  const { at, id, statistics } = experimentReports;
  const [row] = await db
    .select({ statistics })
    .from(experimentReports)
    .where(and(eq(experimentReports.experiment, experiment), gte(at, from), lte(at, to)))
    .orderBy(desc(at), desc(id))
    .limit(1);
  return row?.statistics as unknown as ExperimentStatistics | undefined;
}

/** What began before this may have lost a part of its log. */
const wholeSince = ({ nowMs, retentionDays }: ReportDeps): number =>
  floorToDay(nowMs() - retentionDays * DAY_MS);

async function lastFrozen({ db }: Store, id: string): Promise<Report | undefined> {
  const [row] = await db
    .select()
    .from(experimentReports)
    .where(eq(experimentReports.experiment, id))
    .orderBy(desc(experimentReports.at), desc(experimentReports.id))
    .limit(1);
  if (row === undefined) return undefined;
  const { refusedUnits, weights, analysis } = row.report as unknown as FrozenReport;
  const statistics = row.statistics as unknown as ExperimentStatistics;
  return {
    at: row.at,
    frozen: true,
    collected: { statistics, refusedUnits },
    analysis,
    ...(weights && { weights }),
  };
}
