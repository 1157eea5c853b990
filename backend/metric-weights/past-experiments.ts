import { eq } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { MetricDefinition } from '../../shared/domain/metric.ts';
import { jointMoments } from '../experiment/analysis/cross-products.ts';
import type {
  ArmStatistics,
  ExperimentStatistics,
} from '../experiment/analysis/experiment-statistics.ts';
import { sequentialSrm } from '../experiment/analysis/sequential-srm.ts';
import { totalOf } from '../experiment/analysis/totals.ts';
import { frozenStatistics } from '../experiment/reports.ts';
import { experiments } from '../store/tables.ts';
import { horizonEnd, type TargetDefinition } from './engine/target.ts';
import type { PastExperiment } from './engine/unit-table.ts';
import { UNIT_METRICS } from './unit-metrics.ts';

/**
 * Experiments that measured the target's outcome, and ended longer ago than its horizon, by their last report; not those
 * whose arms' sizes do not fit their traffic, of which no effect is to be believed. Feedback
 * counts up to the end of an experiment, so the metrics are still as they were when it was decided on, while the
 * outcome has gone on coming in.
 */
export async function pastExperiments(
  db: LibSQLDatabase,
  target: TargetDefinition,
  nowMs: number,
): Promise<PastExperiment[]> {
  const stopped = await db.select().from(experiments).where(eq(experiments.status, 'stopped'));
  const found: PastExperiment[] = [];
  for (const { id, metrics, stoppedAt } of stopped) {
    const value = outcomeOf(metrics, target);
    if (value === undefined || stoppedAt === null) continue;
    const since = horizonEnd(target, stoppedAt);
    const statistics = await frozenStatistics(db, id, { from: since, to: nowMs });
    if (statistics === undefined || !isAsDealt(statistics)) continue;
    found.push(...treatmentsOf(statistics, learnable(metrics), value));
  }
  return found;
}

function isAsDealt({ arms, days }: ExperimentStatistics): boolean {
  const sizes = arms.map(({ name }) => totalOf(days, name)?.units ?? 0);
  const check = sequentialSrm(
    sizes,
    arms.map(({ weight }) => weight),
  );
  return check.kind === 'srm' && !check.mismatch;
}

const outcomeOf = (metrics: readonly MetricDefinition[], { outcome }: TargetDefinition) =>
  metrics.find(({ kind, numerator }) => kind !== 'ratio' && numerator === `outcome.${outcome}`)
    ?.name;

/** Those that units are measured by too: a weight meets an effect by the metric's name. */
const learnable = (metrics: readonly MetricDefinition[]): string[] =>
  metrics
    .map(({ name }) => name)
    .filter((name) => UNIT_METRICS.some((metric) => metric.name === name));

function treatmentsOf(
  { experiment: id, arms, days }: ExperimentStatistics,
  metrics: readonly string[],
  value: string,
): PastExperiment[] {
  const [control, ...treatments] = arms.map(({ name }) => totalOf(days, name));
  if (control === undefined) return [];
  return treatments.flatMap((treatment) => {
    const past =
      treatment === undefined ? undefined : effectsOf(control, treatment, metrics, value);
    return past === undefined ? [] : { id, treatment: treatment!.arm, ...past };
  });
}

/** In standard deviations of a unit of the control; metrics without spread are left out. */
function effectsOf(
  control: ArmStatistics,
  treatment: ArmStatistics,
  metrics: readonly string[],
  value: string,
): Omit<PastExperiment, 'id'> | undefined {
  const all = [...metrics, value];
  const [c, t] = [control, treatment].map(({ products }) => jointMoments(products, all));
  if ('missing' in c || 'missing' in t || c.n < 2 || t.n < 2) return undefined;
  const size = all.length;
  const deviations = all.map((_, i) => Math.sqrt(c.covariance[i * size + i]));
  const errors = (i: number, j: number) =>
    (c.covariance[i * size + j] / c.n + t.covariance[i * size + j] / t.n) /
    (deviations[i] * deviations[j]);
  const varying = all.map((_, i) => i).filter((i) => deviations[i] > 0);
  if (varying.at(-1) !== size - 1 || varying.length < 2) return undefined;
  const effect = (i: number) => ({
    estimate: (t.means[i] - c.means[i]) / deviations[i],
    standardError: Math.sqrt(errors(i, i)),
  });
  return {
    effects: Object.fromEntries(varying.slice(0, -1).map((i) => [all[i], effect(i)])),
    target: effect(size - 1),
    covariance: varying.flatMap((i) => varying.map((j) => errors(i, j))),
  };
}
