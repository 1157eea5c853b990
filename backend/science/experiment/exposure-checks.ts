import type { CarryOver } from './experiment-statistics.ts';
import { fewestExpected, type Independence, independenceTest } from '../statistics/independence.ts';
import { type NoAnswer, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { scoreInterval } from '../statistics/proportion-test.ts';

export interface MultipleExposure {
  readonly kind: 'multiple-exposure';
  readonly units: number;
  readonly of: number;
  readonly share: number;
  /** 95 % score interval of the share. */
  readonly low: number;
  readonly high: number;
  /** More than chance slips: the whole interval lies above the threshold. */
  readonly flagged: boolean;
}

/**
 * Units that saw several arms: sticky assignment leaves none, so their share measures faults of assignment or identity.
 * @param threshold the share that is borne.
 */
export function multipleExposure(
  { units, of }: { readonly units: number; readonly of: number },
  { threshold = 0.01, unit = 'sessions' }: { threshold?: number; unit?: Unit } = {},
): MultipleExposure | NoAnswer {
  if (!(units >= 0 && units <= of)) {
    throw new Error(`units that saw several arms are some of all: ${units} of ${of} are not`);
  }
  if (of === 0) return notEnoughData(0, 1, unit);
  const { low, high } = scoreInterval({ kind: 'proportion', sum: units, n: of });
  const flagged = low > threshold;
  return { kind: 'multiple-exposure', units, of, share: units / of, low, high, flagged };
}

export interface CarryOverCheck extends Independence {
  readonly kind: 'carry-over';
  readonly experiment: string;
  /** The earlier arms' units are unevenly spread over this experiment's: what those arms did is mixed into its effects. */
  readonly flagged: boolean;
}

/**
 * Per earlier experiment, χ² of independence (Pearson, 1900) of its arms and this one's: fresh salts deal each earlier
 * arm's units out evenly, so a dependence means that effects are carried over into the comparison.
 * No answer where a cell expects fewer than five units (Cochran, 1954): "3 of 5 sessions".
 * @param alpha small, as for a sample ratio mismatch: the check is made often.
 */
export function carryOverChecks(
  carryOver: readonly CarryOver[],
  { alpha = 0.001, unit = 'sessions' }: { alpha?: number; unit?: Unit } = {},
): ((CarryOverCheck | NoAnswer) & { readonly experiment: string })[] {
  const rowsOf = Map.groupBy(carryOver, ({ experiment }) => experiment);
  return [...rowsOf].map(([experiment, rows]) => {
    const counts = rows
      .map(({ units }) => units)
      .filter((units) => units.some((count) => count > 0));
    const expected = Math.floor(fewestExpected(counts));
    if (expected < 5) return { ...notEnoughData(expected, 5, unit), experiment };
    const found = independenceTest(counts);
    return { kind: 'carry-over', experiment, ...found, flagged: found.pValue < alpha };
  });
}
