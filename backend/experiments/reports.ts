import { and, desc, eq, exists, gte, isNotNull, lt, or } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { experimentReports, experiments, experimentUnits } from '../store/tables.ts';
import { readLogTime } from '../log/log-time.ts';
import { prunedBefore } from '../log/account/pruned-before.ts';
import { DAY_MS, floorToDay } from '../../shared/domain/utc-day.ts';
import { analyseExperiment } from '../science/experiment/analyse.ts';
import type { ExperimentReport } from '../science/experiment/experiment-report.ts';
import type { ExperimentStatistics } from '../science/experiment/experiment-statistics.ts';
import type { WeightsInUse } from '../science/experiment/result-data.ts';
import type { Collected } from './collect-statistics.ts';
import { leftPlacements, leftText } from './left-placements.ts';
import type { Experiment } from './new-experiment.ts';
import { accountOfUnits } from './stored-units.ts';

export interface Report {
  /** Epoch ms at which it was computed. */
  readonly at: number;
  /**
   * True where part of its log has been deleted. The report is then computed from the stored units and current outcomes;
   * once the units are deleted too, it is the last report that was stored.
   */
  readonly frozen: boolean;
  readonly collected: Collected;
  readonly analysis: ExperimentReport;
  /** The metric weights of `resultData`; absent where there were none. */
  readonly weights?: WeightsInUse;
}

/** As `record` stores it. */
type FrozenReport = Pick<Report, 'analysis' | 'weights'> & Pick<Collected, 'refusedUnits'>;

export interface ReportDeps {
  readonly store: Store;
  readonly collect: (experiment: Experiment) => Promise<Collected>;
  /** From the stored units instead of the log. */
  readonly collectStored: (experiment: Experiment) => Promise<Collected>;
  /** Stores what its units did, so that it outlives the log. */
  readonly storeUnits: (experiment: Experiment) => Promise<unknown>;
  /** Current version of the account. */
  readonly account: string;
  /** Frozen at its start, or the current ones; undefined where there are none. */
  readonly weightsOf: (experiment: Experiment) => Promise<WeightsInUse | undefined>;
  /** How long the log is stored. */
  readonly retentionDays: number;
  /** How long units and outcomes are stored. */
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
  if (startedAt >= (await wholeSince(deps))) return computed(deps, experiment, false);
  if (startedAt >= (await storedSince(deps)) && (await areStored(deps.store, id)))
    return computed(deps, experiment, true);
  return lastFrozen(deps, id);
}

/** Stores the current report, and what the units did. @returns the report, where there is any. */
export async function freezeReport(
  deps: ReportDeps,
  experiment: Experiment,
): Promise<Report | undefined> {
  const { startedAt, kind, design, id } = experiment;
  const hasArms = kind === 'experiment' && design === 'split';
  if (hasArms && startedAt !== null)
    if (startedAt >= (await wholeSince(deps)) || (await mayAdd(deps, id)))
      await deps.storeUnits(experiment);
  const report = await reportOf(deps, experiment);
  if (report !== undefined && !report.frozen) await record(deps.store, id, report);
  return report;
}

/**
 * Freezes the report of every experiment that is running or still in the log. For experiments whose units have passed
 * their retention, stores a last report with all outcomes, and deletes the units.
 * @returns how many experiments.
 */
export async function freezeReports(deps: ReportDeps): Promise<number> {
  const { db } = deps.store;
  const inLog = await db
    .select()
    .from(experiments)
    .where(
      and(
        isNotNull(experiments.startedAt),
        or(eq(experiments.status, 'running'), gte(experiments.stoppedAt, await wholeSince(deps))),
      ),
    );
  for (const experiment of inLog) await freezeReport(deps, experiment);
  const over = await db
    .select()
    .from(experiments)
    .where(
      and(
        eq(experiments.status, 'stopped'),
        lt(experiments.startedAt, await storedSince(deps)),
        exists(
          db.select().from(experimentUnits).where(eq(experimentUnits.experiment, experiments.id)),
        ),
      ),
    );
  for (const experiment of over) {
    await record(deps.store, experiment.id, await computed(deps, experiment, true));
    const own = eq(experimentUnits.experiment, experiment.id);
    await deps.store.write([db.delete(experimentUnits).where(own)]);
  }
  return inLog.length + over.length;
}

/**
 * Whether what remains of a partly deleted log may be added to the stored units. Without stored units the deleted part
 * would be missing, and units of two versions of the account must not be mixed.
 */
const mayAdd = async ({ store, account }: ReportDeps, id: string): Promise<boolean> =>
  (await areStored(store, id)) && (await accountOfUnits(store, id)) === account;

/**
 * Running experiments whose stored units come from an earlier version of the account and whose log is partly deleted:
 * they cannot be recomputed, and new units would be counted under different rules.
 */
export async function outdatedExperiments(deps: ReportDeps): Promise<Experiment[]> {
  const running = await deps.store.db
    .select()
    .from(experiments)
    .where(
      and(
        eq(experiments.status, 'running'),
        eq(experiments.kind, 'experiment'),
        lt(experiments.startedAt, await wholeSince(deps)),
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

async function computed(
  deps: ReportDeps,
  experiment: Experiment,
  frozen: boolean,
): Promise<Report> {
  const collected = await (frozen ? deps.collectStored(experiment) : deps.collect(experiment));
  const weights = await deps.weightsOf(experiment);
  const { guardrails, minimumPerArm } = experiment;
  const analysed = analyseExperiment(collected.statistics, { guardrails, minimumPerArm, weights });
  const left = await leftPlacements(deps.store, experiment);
  const analysis = withNotice(
    {
      ...analysed,
      doubts: [...left.map((one) => leftText(experiment, one)), ...analysed.doubts],
    },
    collected.statistics,
    deps.account,
  );
  return { at: deps.nowMs(), frozen, collected, analysis, ...(weights && { weights }) };
}

const OUTDATED = 'these figures were counted by an earlier account of what people did';

/** Adds a notice where the figures come from another version of the account. */
function withNotice(
  analysis: ExperimentReport,
  { account }: ExperimentStatistics,
  current: string,
): ExperimentReport {
  if (account === current) return analysis;
  const notice = `${OUTDATED} (${account ?? 'without a version'}; the current one is ${current}): do not compare them with current figures`;
  // A report that was frozen with the notice has it already.
  const others = analysis.doubts.filter((doubt) => !doubt.startsWith(OUTDATED));
  return { ...analysis, doubts: [notice, ...others] };
}

/** Stores one report per day: the last. */
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

/** Of an experiment that began before this, a part of the log may have been deleted. */
const wholeSince = async (deps: ReportDeps): Promise<number> =>
  Math.max(await daysAgo(deps, deps.retentionDays), await prunedBefore(deps.store.db));

/** Of an experiment that began before this, outcomes may have been deleted. */
const storedSince = (deps: ReportDeps): Promise<number> => daysAgo(deps, deps.keptDays);

/** By the log's time, as what is deleted is: an experiment is stopped and its units deleted by it. */
const daysAgo = async ({ store, nowMs }: ReportDeps, days: number): Promise<number> =>
  floorToDay(((await readLogTime(store.db, nowMs())) ?? 0) - days * DAY_MS);

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
