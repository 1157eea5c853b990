import { groupByValue, totalPerGroup } from '../statistics/value-groups.ts';

/** A non-decreasing curve through knots: linear between them, constant beyond the ends. */
export interface IsotonicCurve {
  /** Ascending. */
  readonly x: Float64Array;
  /** Non-decreasing. */
  readonly y: Float64Array;
}

/**
 * Isotonic regression: the non-decreasing least-squares fit, by pooling adjacent violators (Ayer et al., 1955). Rows of
 * equal x are averaged first; knots inside a constant stretch are left out.
 * @param x and `y` one each per row. @param weights one per row; default 1.
 * @returns undefined without a row of positive weight.
 */
export function fitIsotonic(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights?: ArrayLike<number>,
): IsotonicCurve | undefined {
  const groups = groupByValue(x);
  const weight = totalPerGroup(groups, (row) => weights?.[row] ?? 1);
  const total = totalPerGroup(groups, (row) => y[row] * (weights?.[row] ?? 1));
  // A stack of blocks of pooled groups: the last group, the weight and the total of each.
  const [end, mass, sum]: [number[], number[], number[]] = [[], [], []];
  const lastMean = () => sum[sum.length - 1] / mass[mass.length - 1];
  for (let group = 0; group < groups.values.length; group++) {
    if (!(weight[group] > 0)) continue;
    let [blockMass, blockSum] = [weight[group], total[group]];
    while (mass.length > 0 && lastMean() >= blockSum / blockMass) {
      end.pop();
      blockMass += mass.pop()!;
      blockSum += sum.pop()!;
    }
    end.push(group);
    mass.push(blockMass);
    sum.push(blockSum);
  }
  if (end.length === 0) return undefined;
  const [knotX, knotY]: [number[], number[]] = [[], []];
  let first = 0;
  end.forEach((last, block) => {
    while (!(weight[first] > 0)) first++;
    for (const group of first === last ? [last] : [first, last]) {
      knotX.push(groups.values[group]);
      knotY.push(sum[block] / mass[block]);
    }
    first = last + 1;
  });
  return { x: Float64Array.from(knotX), y: Float64Array.from(knotY) };
}

/** The curve's value at `at`. */
export function isotonicAt({ x, y }: IsotonicCurve, at: number): number {
  if (at <= x[0]) return y[0];
  let [low, high] = [0, x.length - 1];
  if (at >= x[high]) return y[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle;
    else high = middle;
  }
  return y[low] + ((at - x[low]) / (x[high] - x[low])) * (y[high] - y[low]);
}
