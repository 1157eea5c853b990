import { groupByValue, totalPerGroup } from '../statistics/value-groups.ts';

/** A rising curve through knots: straight lines between them, level beyond the ends. */
export interface IsotonicCurve {
  /** Ascending. */
  readonly x: Float64Array;
  /** Never falling. */
  readonly y: Float64Array;
}

/**
 * Least-squares fit of a curve that never falls, by pooling adjacent violators (Ayer et al., 1955). Rows of equal x
 * become one of their mean first; knots inside a level stretch are left out.
 * @param x and `y` one each per row; weights default to 1, rows of weight 0 say nothing.
 * @returns undefined without a row that says something.
 */
export function fitIsotonic(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights?: ArrayLike<number>,
): IsotonicCurve | undefined {
  const groups = groupByValue(x);
  const weight = totalPerGroup(groups, (row) => weights?.[row] ?? 1);
  const total = totalPerGroup(groups, (row) => y[row] * (weights?.[row] ?? 1));
  // Blocks of pooled groups, as a stack: where each ends, its weight and its total.
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

/** The curve's height at `at`. */
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
