import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import type { InterleavingStatistic } from './interleaving.ts';
import type { Unit } from '../statistics/unavailable.ts';
import type { Statistic } from '../statistics/statistics.ts';

/** The sufficient statistics of an experiment, as plain JSON: frozen, and addable by arm and day. */
export interface ExperimentStatistics {
  readonly experiment: string;
  /** Version of the account by which its units were counted; absent in statistics from before there were versions. */
  readonly account?: string;
  readonly unit: Unit;
  /** The control first. */
  readonly arms: readonly { readonly name: string; readonly weight: number }[];
  readonly metrics: readonly MetricDefinition[];
  /** One per arm and day. A unit counts on the day of its first exposure, so the days add up to the total. */
  readonly days: readonly DayStatistics[];
  /** All days by one attribute of the units (device, hour, visitor …); one per arm, dimension and value. */
  readonly segments: readonly SegmentStatistics[];
  /**
   * Units that saw more than one arm. They are left out of `days`; many of them point to a fault of assignment or
   * identity.
   */
  readonly multipleExposure: { readonly units: number; readonly of: number };
  /**
   * Units per arm, in the order of `arms`, that are left out as bots; absent in older statistics that did not count
   * them.
   */
  readonly refused?: readonly number[];
  /** Units that took part in an earlier experiment, by its arms, to check for carry-over effects. */
  readonly carryOver: readonly CarryOver[];
  /**
   * For an interleaved experiment, whose slates show items of both arms, so that its units belong to no arm and no day.
   */
  readonly interleaving?: InterleavingStatistic;
}

export interface ArmStatistics {
  readonly arm: string;
  readonly units: number;
  /**
   * Statistic by metric name; of an adjusted kind where the units' values from before the experiment are known (CUPED).
   */
  readonly statistics: Readonly<Record<string, Statistic>>;
  readonly products: CrossProducts;
}

export interface DayStatistics extends ArmStatistics {
  /** `2026-11-22`, UTC. */
  readonly day: string;
}

export interface SegmentStatistics extends ArmStatistics {
  readonly dimension: string;
  readonly value: string;
}

/**
 * Sums and sums of products of the metrics' values per unit (for a ratio, of its numerator and denominator). They give
 * the variance of a weighted sum of metrics, which are correlated within a unit. Addable.
 */
export interface CrossProducts {
  readonly n: number;
  /** Column names: `<metric>` or, of a ratio, `<metric>/numerator` and `<metric>/denominator`. */
  readonly columns: readonly string[];
  /** Sum per column. */
  readonly sums: readonly number[];
  /** Sums of products, columns × columns, row-major, symmetric. */
  readonly products: readonly number[];
}

/** The units of one arm of an earlier experiment. */
export interface CarryOver {
  readonly experiment: string;
  readonly arm: string;
  /** Units in each arm of this experiment, in the order of its arms. */
  readonly units: readonly number[];
}
