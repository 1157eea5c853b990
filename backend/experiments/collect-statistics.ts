import type { Store } from '../store/open.ts';
import { readScope } from '../models/read-scope.ts';
import { readVersionOfNow } from '../log/account/counted.ts';
import { dayOf } from '../../shared/domain/utc-day.ts';
import type {
  ArmStatistics,
  ExperimentStatistics,
  SegmentStatistics,
} from '../science/experiment/experiment-statistics.ts';
import { armTotals, type ArmTotals, type MetricValues } from './arm-totals.ts';
import { carriedOver } from './carry-over.ts';
import { collectInterleaving } from './collect-interleaving.ts';
import { PAST_MS, type ExposedUnit, type Scope } from './exposed-units.ts';
import { unitOfLayer } from './layers.ts';
import { columnsOf, metricValues } from './metric-values.ts';
import type { Experiment } from './new-experiment.ts';
import { segmentationsOf } from './segments.ts';
import { accountOfUnits, storedUnits } from './stored-units.ts';
import { loggedUnits } from './unit-source.ts';

export interface CollectOptions {
  /** Epoch ms, inclusive: counted as if the experiment had begun then … */
  readonly from?: number;
  /** … and been stopped then. */
  readonly to?: number;
  /** Only units first exposed under these revisions of the pointer; those without one by the time. */
  readonly revisions?: readonly number[];
  /** From the stored units, because part of the log has been deleted. */
  readonly stored?: boolean;
  /** Epoch ms: what time it is, for metrics with a horizon; default: every horizon is over. */
  readonly nowMs?: number;
}

export interface Collected {
  readonly statistics: ExperimentStatistics;
  /** Units left out because they were exposed only in a bot's sessions. */
  readonly refusedUnits: number;
}

/**
 * The statistics of an experiment's units, as addable sums over what the account has counted: bring it up to date first.
 * A unit is what the layer assigns by. It belongs to the arm and UTC day of its first exposure, and all that it does from
 * then on counts (`readUnitColumns`). The database returns one row per unit, and none per event.
 */
export async function collect(
  store: Pick<Store, 'db'>,
  experiment: Experiment,
  { from, to, revisions, stored = false, nowMs }: CollectOptions = {},
): Promise<Collected> {
  const { db } = store;
  const { id, arms, metrics, stoppedAt } = experiment;
  const unit = await unitOfLayer(store, experiment.layer);
  const end = Math.min(stoppedAt ?? Number.MAX_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER);
  const scope: Scope = {
    experiment: id,
    unit,
    from: from ?? 0,
    to: end,
    ...(revisions && { revisions }),
    // A rollout decides for one lineage: what people do at placements of others is none of its doing.
    ...(experiment.kind === 'rollout' && { placed: await readScope(store, experiment.lineage) }),
  };
  const source = await (stored ? storedUnits(db, scope) : loggedUnits(db, scope));
  const { units: everyone } = source;
  const people = everyone.filter(({ refused }) => !refused);
  const known = new Map(arms.map(({ name }, i) => [name, i]));
  const units = people.filter(({ arm, arms: seen }) => seen === 1 && known.has(arm));
  const account = await (stored ? accountOfUnits(store, id) : readVersionOfNow(db));
  const statistics: ExperimentStatistics = {
    ...(account !== null && { account }),
    experiment: id,
    unit: unit === 'user' ? 'users' : 'sessions',
    arms: arms.map(({ name, weight }) => ({ name, weight })),
    metrics,
    days: [],
    segments: [],
    multipleExposure: {
      units: people.filter(({ arms: seen }) => seen > 1).length,
      of: people.length,
    },
    refused: arms.map(
      ({ name }) =>
        everyone.filter((one) => one.refused && one.arms === 1 && one.arm === name).length,
    ),
    carryOver: await carriedOver(db, scope, experiment),
  };
  const refusedUnits = everyone.length - people.length;
  if (experiment.design === 'interleaved') {
    const interleaving = await collectInterleaving(db, scope);
    return { refusedUnits, statistics: { ...statistics, interleaving } };
  }

  const index = new Map(units.map((one, i) => [one.unit, i]));
  const columns = columnsOf(metrics);
  const period = revisions === undefined ? { outcomesTo: to } : {};
  const post = await source.values(index, columns, period);
  const pre =
    unit === 'user'
      ? await source.values(index, columns, { ...period, before: PAST_MS })
      : undefined;
  // Where revisions say which units are meant, `to` is only for those without one.
  const readAt = Math.min(
    nowMs ?? Infinity,
    (revisions === undefined ? to : undefined) ?? Infinity,
  );
  const values = metricValues(
    metrics,
    post,
    pre,
    Float64Array.from(units, ({ firstAt }) => readAt - firstAt),
  );
  const order = arms.map(({ name }) => name);
  const days = total(
    units,
    values,
    order,
    units.map(({ firstAt }) => dayOf(firstAt)),
  );
  return {
    refusedUnits,
    statistics: {
      ...statistics,
      days: days.map(({ value, ...arm }) => ({ day: value, ...arm })),
      segments: segmentationsOf(units).flatMap(({ dimension, values: of }) =>
        total(units, values, order, of).map(({ value, ...arm }): SegmentStatistics => ({
          dimension,
          value,
          ...arm,
        })),
      ),
    },
  };
}

/** Statistics per group and arm, empty ones included. @param of the group of each unit. */
function total(
  units: readonly ExposedUnit[],
  values: readonly MetricValues[],
  arms: readonly string[],
  of: readonly string[],
): (ArmStatistics & { value: string })[] {
  const groups = new Map<string, Map<string, ArmTotals>>();
  units.forEach(({ arm }, i) => {
    let group = groups.get(of[i]);
    if (group === undefined) {
      group = new Map(arms.map((name) => [name, armTotals(values)]));
      groups.set(of[i], group);
    }
    group.get(arm)!.add(i);
  });
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([value, ofValue]) =>
      arms.map((name) => ({ value, ...ofValue.get(name)!.finish(name) })),
    );
}
