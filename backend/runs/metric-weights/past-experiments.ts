import { and, eq, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { jointMoments } from '../../science/experiment/cross-products.ts';
import type { ArmStatistics } from '../../science/experiment/experiment-statistics.ts';
import { sequentialSrm } from '../../science/statistics/sequential-srm.ts';
import { armTotals } from '../../experiments/arm-totals.ts';
import type { Scope } from '../../experiments/exposed-units.ts';
import { storedOutcomes } from '../../experiments/stored-outcomes.ts';
import { accountOfUnits, storedUnits } from '../../experiments/stored-units.ts';
import { unitOfLayer } from '../../experiments/layers.ts';
import { columnsOf, metricValues } from '../../experiments/metric-values.ts';
import type { Experiment } from '../../experiments/new-experiment.ts';
import { packedRows } from '../../store/packed-rows.ts';
import { experiments } from '../../store/tables.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { TargetDefinition } from '../../science/metric-weighting/target-definition.ts';
import type { PastExperiment } from '../../science/metric-weighting/unit-table.ts';
import { readVersionOfNow } from '../../log/account/counted.ts';
import { UNIT_METRICS } from '../../log/account/unit-metrics.ts';

/** Names of metrics contain no spaces, so this one is free. */
const TARGET = 'the target';
const METRICS = UNIT_METRICS.map(({ name }) => name);

/**
 * Effects of the experiments that ended longer ago than the target's horizon. They are computed from the stored units
 * of each experiment, so they do not depend on how long the log is kept or on which metrics the experiment measured.
 * Feedback counts up to the end of an experiment, as when it was decided on; each unit's outcomes count for the horizon
 * from its first exposure. Canaries are left out, because their shares change from day to day and their arms are not of
 * the same days. So are experiments with a sample ratio mismatch, as their effects cannot be trusted, and those that were
 * counted by another version of the account, because weights and effects would be counted under different rules.
 */
export async function pastExperiments(
  db: LibSQLDatabase,
  target: TargetDefinition,
  nowMs: number,
): Promise<PastExperiment[]> {
  const over = await db
    .select()
    .from(experiments)
    .where(
      and(
        eq(experiments.status, 'stopped'),
        eq(experiments.kind, 'experiment'),
        eq(experiments.design, 'split'),
        lte(experiments.stoppedAt, nowMs - target.horizonDays * DAY_MS),
      ),
    )
    .orderBy(experiments.stoppedAt, experiments.id);
  const account = await readVersionOfNow(db);
  const found: PastExperiment[] = [];
  for (const experiment of over) {
    if ((await accountOfUnits({ db }, experiment.id)) !== account) continue;
    const totals = await armsOf(db, experiment, target);
    if (!matchesTraffic(experiment, totals)) continue;
    const [control, ...treatments] = totals;
    for (const treatment of treatments) {
      const past = effectsOf(control, treatment);
      if (past !== undefined) found.push({ id: experiment.id, treatment: treatment.arm, ...past });
    }
  }
  return found;
}

/** Whether the arms' sizes match their traffic. */
function matchesTraffic({ arms }: Experiment, totals: readonly ArmStatistics[]): boolean {
  const check = sequentialSrm(
    totals.map(({ units }) => units),
    arms.map(({ weight }) => weight),
  );
  return check.kind === 'srm' && !check.mismatch;
}

/** Each arm's early metrics and long-term value, over the units that saw only that arm and are not bots. */
async function armsOf(
  db: LibSQLDatabase,
  { id, layer, arms }: Experiment,
  target: TargetDefinition,
): Promise<ArmStatistics[]> {
  const unit = await unitOfLayer({ db }, layer);
  const scope: Scope = { experiment: id, unit, from: 0, to: Number.MAX_SAFE_INTEGER };
  const source = await storedUnits(db, scope);
  const units = source.units.filter((one) => one.arms === 1 && !one.refused);
  const index = new Map(units.map((one, i) => [one.unit, i]));
  const values = [
    ...metricValues(
      UNIT_METRICS,
      await source.values(index, columnsOf(UNIT_METRICS), {}),
      undefined,
    ),
    {
      metric: { name: TARGET, kind: 'mean', numerator: target.outcome, better: 'higher' } as const,
      post: { numerator: await targetValues(db, scope, index, target) },
    },
  ];
  const totals = new Map(arms.map(({ name }) => [name, armTotals(values)]));
  units.forEach(({ arm }, i) => totals.get(arm)?.add(i));
  return [...totals].map(([arm, total]) => total.finish(arm));
}

/** The value of the target for each unit, as `targetValue` defines it, from its first exposure on. */
async function targetValues(
  db: LibSQLDatabase,
  scope: Scope,
  index: ReadonlyMap<string, number>,
  { kind, outcome, horizonDays }: TargetDefinition,
): Promise<Float64Array> {
  const values = new Float64Array(index.size);
  const select = sql`
    select unit, sum(value) as total, max(value > 0) as happened from (${storedOutcomes(scope)})
    where metric = ${outcome} and at < firstAt + ${horizonDays * DAY_MS} group by unit`;
  await packedRows(
    db,
    { columns: ['unit', 'total', 'happened'], select },
    ([unit, total, happened]) => {
      const at = index.get(unit as string);
      if (at === undefined) return;
      const sum = total as number;
      values[at] =
        kind === 'happened' ? (happened as number) : kind === 'sum' ? sum : sum / horizonDays;
    },
  );
  return values;
}

/** Effects in standard deviations of the control's units; metrics that do not vary are left out. */
function effectsOf(
  control: ArmStatistics,
  treatment: ArmStatistics,
): Omit<PastExperiment, 'id'> | undefined {
  const all = [...METRICS, TARGET];
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
