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
import { accountOfUnits } from './stored-units.ts';

export interface Report {
  /** Epoch ms at which it was counted. */
  readonly at: number;
  /**
   * True where its log is no longer whole. What its units did is then as it was stored, with their outcomes of now; and once
   * they are not stored any more, the last report that was made answers.
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
  /** From the units that are stored of it. */
  readonly collectStored: (experiment: Experiment) => Promise<Collected>;
  /** Stores what its units did beyond the log. */
  readonly storeUnits: (experiment: Experiment) => Promise<unknown>;
  /** Version of the account by which the log is counted. */
  readonly account: string;
  /** Frozen at its start, or of now; undefined where nothing is weighed. */
  readonly weightsOf: (experiment: Experiment) => Promise<WeightsInUse | undefined>;
  /** How long the log is kept. */
  readonly retentionDays: number;
  /** How long units and outcomes are. */
  readonly keptDays: number;
  readonly nowMs: () => number;
}

/** @returns undefined where it never ran, or its log was deleted before anything was stored. */
export async function reportOf(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  const { startedAt, id } = experiment;
  if (startedAt === null) return undefined;
  if (startedAt >= wholeSince(deps)) return counted(deps, experiment, false);
  if (startedAt >= keptSince(deps) && (await areStored(deps.store, id)))
    return counted(deps, experiment, true);
  return lastFrozen(deps, id);
}

/** Stores what is known now, and what its units did. @returns the report, where there is any. */
export async function freezeReport(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  const { startedAt, kind, design, id } = experiment;
  const hasArms = kind === 'experiment' && design === 'split';
  if (hasArms && startedAt !== null)
    if (startedAt >= wholeSince(deps) || (await goesOn(deps, id)))
      await deps.storeUnits(experiment);
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

/**
 * Whether the log, which is not whole any more, still adds to the units that are stored: what it has lost of an experiment
 * would be missing, and units of two versions of the account are not mixed.
 */
const goesOn = async ({ store, account }: ReportDeps, id: string): Promise<boolean> =>
  (await areStored(store, id)) && (await accountOfUnits(store, id)) === account;

/**
 * Running experiments of which a part was counted by an earlier version of the account, and whose log is no longer whole:
 * they cannot be counted anew, and what is still to come would be counted otherwise.
 */
export async function outdatedExperiments(deps: ReportDeps): Promise<Experiment[]> {
  const running = await deps.store.db
    .select()
    .from(experiments)
    .where(
      and(
        eq(experiments.status, 'running'),
        eq(experiments.kind, 'experiment'),
        lt(experiments.startedAt, wholeSince(deps)),
      ),
    );
  const outdated: Experiment[] = [];
  for (const experiment of running) {
    const report = await reportOf(deps, experiment);
    if (report !== undefined && report.collected.statistics.account !== deps.account)
      outdated.push(experiment);
  }
  return outdated;
}

async function counted(deps: ReportDeps, experiment: Experiment, frozen: boolean): Promise<Report> {
  const collected = await (frozen ? deps.collectStored(experiment) : deps.collect(experiment));
  const weights = await deps.weightsOf(experiment);
  const { guardrails, minimumPerArm } = experiment;
  const analysis = withNotice(
    analyseExperiment(collected.statistics, { guardrails, minimumPerArm, weights }),
    collected.statistics,
    deps.account,
  );
  return { at: deps.nowMs(), frozen, collected, analysis, ...(weights && { weights }) };
}

const OUTDATED = 'these figures were counted by an earlier account of what people did';

/** What was counted by another version of the account says so. */
function withNotice(
  analysis: ExperimentReport,
  { account }: ExperimentStatistics,
  ofNow: string,
): ExperimentReport {
  if (account === ofNow) return analysis;
  const notice = `${OUTDATED} (${account ?? 'without a version'}; that of now is ${ofNow}): they are not to be put beside figures of now`;
  // A report that was frozen as such says so already.
  const others = analysis.doubts.filter((doubt) => !doubt.startsWith(OUTDATED));
  return { ...analysis, doubts: [notice, ...others] };
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

const areStored = async ({ db }: Store, id: string): Promise<boolean> =>
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

async function lastFrozen({ store, account }: ReportDeps, id: string): Promise<Report | undefined> {
  const [row] = await store.db
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
    analysis: withNotice(analysis, statistics, account),
    ...(weights && { weights }),
  };
}
