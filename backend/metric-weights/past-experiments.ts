import { asc, eq } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type {
  DayStatistics,
  ExperimentStatistics,
} from '../experiment/analysis/experiment-statistics.ts';
import { effectOf as differenceOf } from '../experiment/analysis/effect.ts';
import { addStatistics, type Statistic } from '../experiment/analysis/statistics.ts';
import { experimentReports, experiments } from '../store/tables.ts';
import { horizonEnd, type TargetDefinition } from './engine/target.ts';
import type { MeasuredEffect, PastExperiment } from './engine/unit-table.ts';

/**
 * Experiments that measured the target's outcome and ended longer ago than its horizon: the metrics' effects as they
 * were when it was stopped, the target's as it was last read. Each arm against the control.
 */
export async function pastExperiments(
  db: LibSQLDatabase,
  target: TargetDefinition,
  nowMs: number,
): Promise<PastExperiment[]> {
  const stopped = await db.select().from(experiments).where(eq(experiments.status, 'stopped'));
  const found: PastExperiment[] = [];
  for (const { id, metrics, stoppedAt } of stopped) {
    const value = metrics.find(
      ({ kind, numerator }) => kind !== 'ratio' && numerator === `outcome.${target.outcome}`,
    );
    if (value === undefined || stoppedAt === null || nowMs < horizonEnd(target, stoppedAt))
      continue;
    const reports = await db
      .select({ at: experimentReports.at, statistics: experimentReports.statistics })
      .from(experimentReports)
      .where(eq(experimentReports.experiment, id))
      .orderBy(asc(experimentReports.at), asc(experimentReports.id));
    const early = reports.find(({ at }) => at >= stoppedAt);
    const late = reports.findLast(({ at }) => at >= horizonEnd(target, stoppedAt));
    if (early === undefined || late === undefined) continue;
    const names = metrics.map(({ name }) => name).filter((name) => name !== value.name);
    // Written by `collectStatistics`, and never by hand.
    const [before, after] = [early, late].map(
      ({ statistics }) => statistics as unknown as ExperimentStatistics,
    );
    for (const { name: arm } of before.arms.slice(1)) {
      const effects = names.flatMap((name) => {
        const effect = effectOf(before, arm, name);
        return effect === undefined ? [] : [[name, effect] as const];
      });
      const worth = effectOf(after, arm, value.name);
      if (worth !== undefined && effects.length > 0)
        found.push({ id, treatment: arm, effects: Object.fromEntries(effects), target: worth });
    }
  }
  return found;
}

/** In standard deviations of a unit of the control; undefined where the two cannot be compared. */
function effectOf(
  { arms, days }: ExperimentStatistics,
  arm: string,
  metric: string,
): MeasuredEffect | undefined {
  const [control, treatment] = [arms[0].name, arm].map((name) => totalOf(days, name, metric));
  if (control === undefined || treatment === undefined) return undefined;
  const effect = differenceOf(control, treatment, { minimumPerArm: 2 });
  if (effect.kind === 'no-answer' || !(effect.control.variance > 0)) return undefined;
  const deviation = Math.sqrt(effect.control.variance);
  return {
    estimate: effect.estimate / deviation,
    standardError: effect.standardError / deviation,
  };
}

const totalOf = (
  days: readonly DayStatistics[],
  arm: string,
  metric: string,
): Statistic | undefined =>
  days
    .filter((day) => day.arm === arm)
    .map(({ statistics }) => statistics[metric])
    .filter((statistic) => statistic !== undefined)
    .reduce<Statistic | undefined>(
      (sum, statistic) => (sum === undefined ? statistic : addStatistics(sum, statistic)),
      undefined,
    );
