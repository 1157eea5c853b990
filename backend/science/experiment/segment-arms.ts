import { type Statistic } from '../statistics/statistics.ts';
import { unitsOf } from '../statistics/statistic-kinds.ts';

/** Both arms' statistics of one metric among the units of one segment. */
export interface SegmentArms {
  readonly value: string;
  readonly control: Statistic;
  readonly treatment: Statistic;
}

/** Units in the smaller arm of the second largest segment. Two segments can be compared once it reaches the minimum. */
export function secondLargest(arms: readonly SegmentArms[]): number {
  const fewest = arms.map(({ control, treatment }) =>
    Math.min(unitsOf(control), unitsOf(treatment)),
  );
  return fewest.toSorted((a, b) => b - a)[1] ?? 0;
}
