import type { CarryOver } from './experiment-statistics.ts';
import {
  smallestExpected,
  type Independence,
  independenceTest,
} from '../statistics/independence.ts';
import { type Unavailable, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { wilsonInterval } from '../statistics/wilson.ts';

export interface MultipleExposure {
  readonly kind: 'multiple-exposure';
  readonly units: number;
  readonly of: number;
  readonly share: number;
  /** 95 % Wilson interval of the share. */
  readonly low: number;
  readonly high: number;
  /** The whole interval lies above the threshold. */
  readonly flagged: boolean;
}

/**
 * Share of units that saw more than one arm. Assignment is deterministic, so there should be none; the share measures
 * faults of assignment or of identity.
 * @param threshold the share that is tolerated.
 * @throws where `units` is not in 0..`of`.
 */
export function multipleExposure(
  { units, of }: { readonly units: number; readonly of: number },
  { threshold = 0.01, unit = 'sessions' }: { threshold?: number; unit?: Unit } = {},
): MultipleExposure | Unavailable {
  if (!(units >= 0 && units <= of)) {
    throw new Error(`units that saw several arms must be in 0..n, not ${units} of ${of}`);
  }
  if (of === 0) return notEnoughData(0, 1, unit);
  const { low, high } = wilsonInterval(units, of);
  const flagged = low > threshold;
  return { kind: 'multiple-exposure', units, of, share: units / of, low, high, flagged };
}

export interface CarryOverCheck extends Independence {
  readonly kind: 'carry-over';
  readonly experiment: string;
  /**
   * The earlier arms' units are unevenly distributed over this experiment's arms, so their effects bias its effects.
   */
  readonly flagged: boolean;
}

/**
 * Carry-over from each earlier experiment: χ² test of independence (Pearson, 1900) between its arms and this
 * experiment's. A new salt distributes the units of each earlier arm evenly, so a dependence means that earlier effects
 * carry over. Unavailable where an expected count is below five (Cochran, 1954).
 * @param alpha small, as for a sample ratio mismatch, because the check is repeated often.
 */
export function carryOverChecks(
  carryOver: readonly CarryOver[],
  { alpha = 0.001, unit = 'sessions' }: { alpha?: number; unit?: Unit } = {},
): ((CarryOverCheck | Unavailable) & { readonly experiment: string })[] {
  const rowsOf = Map.groupBy(carryOver, ({ experiment }) => experiment);
  return [...rowsOf].map(([experiment, rows]) => {
    const counts = rows
      .map(({ units }) => units)
      .filter((units) => units.some((count) => count > 0));
    const expected = Math.floor(smallestExpected(counts));
    if (expected < 5) return { ...notEnoughData(expected, 5, unit), experiment };
    const found = independenceTest(counts);
    return { kind: 'carry-over', experiment, ...found, flagged: found.pValue < alpha };
  });
}
