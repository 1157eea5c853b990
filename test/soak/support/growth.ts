import { median } from '../../bench/support/quantile.ts';

/** Fewer readings say nothing of a trend. */
const LEAST_READINGS = 8;

/**
 * Whether readings that were taken at equal intervals still grow when they end: the median of their last quarter lies
 * above that of the quarter before by more than what is allowed. A cache that fills, and a heap that the collector has not
 * yet seen reason to clear, level off within a run; a leak does not, and a longer run finds a smaller one.
 * @param share of the earlier median that is allowed, such as 0.1.
 * @param atLeast what is allowed in any case, in the unit of the readings.
 * @throws RangeError for fewer than 8 readings.
 */
export function growthAtEnd(
  readings: readonly number[],
  share: number,
  atLeast: number,
): { readonly before: number; readonly last: number; readonly levelsOff: boolean } {
  if (readings.length < LEAST_READINGS)
    throw new RangeError(`${readings.length} readings are fewer than ${LEAST_READINGS}`);
  const quarter = Math.floor(readings.length / 4);
  const last = median(readings.slice(-quarter));
  const before = median(readings.slice(-2 * quarter, -quarter));
  return { before, last, levelsOff: last - before <= Math.max(share * before, atLeast) };
}
