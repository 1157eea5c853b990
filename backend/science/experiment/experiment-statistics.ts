import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import type { InterleavingStatistic } from './interleaving.ts';
import type { Unit } from '../statistics/no-answer.ts';
import type { Statistic } from '../statistics/statistics.ts';

/** All that the analysis of an experiment needs, as plain JSON: frozen, and addable by arm and day. */
export interface ExperimentStatistics {
  readonly experiment: string;
  /** Version of the account by which its units were counted; absent in statistics from before there were versions. */
  readonly account?: string;
  readonly unit: Unit;
  /** The control first. */
  readonly arms: readonly { readonly name: string; readonly weight: number }[];
  readonly metrics: readonly MetricDefinition[];
  /** One per arm and day; a unit belongs to the day on which it was first exposed, so days add up to the whole. */
  readonly days: readonly DayStatistics[];
  /** The whole by one attribute of the units (device, hour, visitor …), one per arm, dimension and value. */
  readonly segments: readonly SegmentStatistics[];
  /** Units that saw more than one arm: left out of `days`; many of them are a fault of assignment or of identity. */
  readonly multipleExposure: { readonly units: number; readonly of: number };
  /**
   * Units per arm, in their order, that are left out because they were not a person's; absent in statistics from before it
   * was counted.
   */
  readonly refused?: readonly number[];
  /** Units that took part in another experiment before, by its arms: what may have been carried over. */
  readonly carryOver: readonly CarryOver[];
  /** Of an interleaved experiment: its slates hold both arms' items, so its units are in no arm and in no day. */
  readonly interleaving?: InterleavingStatistic;
}

export interface ArmStatistics {
  readonly arm: string;
  readonly units: number;
  /** Metric name → statistic; `adjusted` where the unit's value from before is known (CUPED). */
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
 * Σ and Σ of products of the metrics' per-unit values (a ratio's by its numerator and denominator): what a weighted sum
 * of metrics needs for its variance, since metrics of one unit are correlated. Addable.
 */
export interface CrossProducts {
  readonly n: number;
  /** Column names: `<metric>` or, of a ratio, `<metric>/numerator` and `<metric>/denominator`. */
  readonly columns: readonly string[];
  /** Per column. */
  readonly sums: readonly number[];
  /** Columns × columns, row-major, symmetric. */
  readonly products: readonly number[];
}

export interface CarryOver {
  readonly experiment: string;
  readonly arm: string;
  /** Units per arm of this experiment, in their order. */
  readonly units: readonly number[];
}
