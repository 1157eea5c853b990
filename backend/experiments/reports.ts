import { and, desc, eq, exists, gte, isNotNull, lt, or } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { experimentReports, experiments, experimentUnits } from '../store/tables.ts';
import { DAY_MS, floorToDay } from '../../shared/domain/utc-day.ts';
import { analyseExperiment } from '../science/experiment/analyse.ts';
import type { ExperimentReport } from '../science/experiment/experiment-report.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import type { WeightsInUse } from '../science/experiment/result-data.ts';
import type { Collected } from './collect-statistics.ts';
import type { Experiment } from './new-experiment.ts';

export interface Report {
  /** Epoch ms at which it was counted. */
  readonly at: number;
  /**
   * True where its log is no longer whole. What its units did is then as it was kept, with their outcomes of now; and once
   * they are not kept any more, the last report that was made answers.
   */
  readonly frozen: boolean;
  readonly collected: Collected;
  readonly analysis: ExperimentReport;
  /** What `resultData` was weighed by; absent where there were none. */
  readonly weights?: WeightsInUse;
}

/** In the store, as `record` writes it. */
type FrozenReport = Pick<Report, 'analysis' | 'weights'> & Pick<Collected, 'refusedUnits'>;

export interface ReportDeps {
  readonly store: Store;
  readonly collect: (experiment: Experiment) => Promise<Collected>;
  /** From the units that are kept of it. */
  readonly collectKept: (experiment: Experiment) => Promise<Collected>;
  /** Keeps what its units did beyond the log. */
  readonly keep: (experiment: Experiment) => Promise<unknown>;
  /** Frozen at its start, or of now; undefined where nothing is weighed. */
  readonly weightsOf: (experiment: Experiment) => Promise<WeightsInUse | undefined>;
  /** How long the log is kept. */
  readonly retentionDays: number;
  /** How long units and outcomes are. */
  readonly keptDays: number;
  readonly nowMs: () => number;
}

/** @returns undefined where it never ran, or its log was deleted before anything was kept. */
export async function reportOf(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  const { startedAt, id } = experiment;
  if (startedAt === null) return undefined;
  if (startedAt >= wholeSince(deps)) return counted(deps, experiment, false);
  if (startedAt >= keptSince(deps) && (await isKept(deps.store, id)))
    return counted(deps, experiment, true);
  return lastFrozen(deps.store, id);
}

/** Keeps what is known now, and what its units did. @returns the report, where there is any. */
export async function freezeReport(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  const { startedAt, kind, design, id } = experiment;
  const hasArms = kind === 'experiment' && design === 'split';
  // What the log has lost of an experiment would be missing: only from its start on is one kept.
  if (hasArms && startedAt !== null)
    if (startedAt >= wholeSince(deps) || (await isKept(deps.store, id)))
      await deps.keep(experiment);
  const report = await reportOf(deps, experiment);
  if (report !== undefined && !report.frozen) await record(deps.store, id, report);
  return report;
}

/**
 * Freezes every experiment of which the log still has something; and those whose units are kept no longer, with all that
 * came of them, before these are deleted.
 * @returns how many.
 */
export async function freezeReports(deps: ReportDeps): Promise<number> {
  const { db } = deps.store;
  const inLog = await db
    .select()
    .from(experiments)
    .where(
      and(
        isNotNull(experiments.startedAt),
        or(eq(experiments.status, 'running'), gte(experiments.stoppedAt, wholeSince(deps))),
      ),
    );
  for (const experiment of inLog) await freezeReport(deps, experiment);
  const over = await db
    .select()
    .from(experiments)
    .where(
      and(
        eq(experiments.status, 'stopped'),
        lt(experiments.startedAt, keptSince(deps)),
        exists(
          db.select().from(experimentUnits).where(eq(experimentUnits.experiment, experiments.id)),
        ),
      ),
    );
  for (const experiment of over) {
    await record(deps.store, experiment.id, await counted(deps, experiment, true));
    const own = eq(experimentUnits.experiment, experiment.id);
    await deps.store.write([db.delete(experimentUnits).where(own)]);
  }
  return inLog.length + over.length;
}

async function counted(deps: ReportDeps, experiment: Experiment, frozen: boolean): Promise<Report> {
  const collected = await (frozen ? deps.collectKept(experiment) : deps.collect(experiment));
  const weights = await deps.weightsOf(experiment);
  const { guardrails, minimumPerArm } = experiment;
  const analysis = analyseExperiment(collected.statistics, { guardrails, minimumPerArm, weights });
  return { at: deps.nowMs(), frozen, collected, analysis, ...(weights && { weights }) };
}

/** One report a day is kept, the last. */
async function record(store: Store, id: string, report: Report): Promise<void> {
  const { at, collected, analysis, weights } = report;
  const ofToday = and(
    eq(experimentReports.experiment, id),
    gte(experimentReports.at, floorToDay(at)),
  );
  await store.write([
    store.db.delete(experimentReports).where(ofToday),
    store.db.insert(experimentReports).values({
      experiment: id,
      at,
      statistics: { ...collected.statistics },
      report: { analysis, refusedUnits: collected.refusedUnits, weights },
    }),
  ]);
}

const isKept = async ({ db }: Store, id: string): Promise<boolean> =>
  (
    await db
      .select({ unit: experimentUnits.unit })
      .from(experimentUnits)
      .where(eq(experimentUnits.experiment, id))
      .limit(1)
  ).length > 0;

/** What began before this may have lost a part of its log. */
const wholeSince = ({ nowMs, retentionDays }: ReportDeps): number =>
  floorToDay(nowMs() - retentionDays * DAY_MS);

/** What began before this may have lost outcomes. */
const keptSince = ({ nowMs, keptDays }: ReportDeps): number =>
  floorToDay(nowMs() - keptDays * DAY_MS);

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
