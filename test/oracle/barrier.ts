/** A smooth convex function. */
export interface Smooth {
  readonly value: (x: readonly number[]) => number;
  /** Gradient and hessian, dense. */
  readonly slopes: (x: readonly number[]) => { gradient: number[]; hessian: number[][] };
}

/** `Σ aᵢ xᵢ ≤ most`, by the variables that have a share in it. */
export interface Halfspace {
  readonly shares: readonly (readonly [variable: number, share: number])[];
  readonly most: number;
}

/**
 * Minimises a smooth convex function under linear constraints by Newton's method with a logarithmic barrier (Boyd &
 * Vandenberghe, "Convex Optimization", 2004, 11.3): slow, dense, and at most `constraints / 10⁸` above the minimum.
 * @param start strictly within every constraint.
 */
export function barrierMinimum(
  smooth: Smooth,
  constraints: readonly Halfspace[],
  start: readonly number[],
): number[] {
  const slackOf = ({ shares, most }: Halfspace, x: readonly number[]) =>
    most - shares.reduce((sum, [variable, share]) => sum + share * x[variable], 0);
  let x = [...start];
  for (let sharpness = 1; sharpness <= 1e8; sharpness *= 10) {
    const valueAt = (at: readonly number[]) => {
      const slacks = constraints.map((one) => slackOf(one, at));
      if (slacks.some((slack) => slack <= 0)) return Number.POSITIVE_INFINITY;
      return sharpness * smooth.value(at) - slacks.reduce((sum, slack) => sum + Math.log(slack), 0);
    };
    for (let iteration = 0; iteration < 100; iteration++) {
      const { gradient, hessian } = smooth.slopes(x);
      const g = gradient.map((value) => sharpness * value);
      const h = hessian.map((row) => row.map((value) => sharpness * value));
      for (const one of constraints) {
        const slack = slackOf(one, x);
        for (const [i, a] of one.shares) {
          g[i] += a / slack;
          for (const [j, b] of one.shares) h[i][j] += (a * b) / slack ** 2;
        }
      }
      const step = solve(
        h,
        g.map((value) => -value),
      );
      const slope = step.reduce((sum, value, i) => sum + value * g[i], 0);
      if (!(-slope > 1e-9)) break;
      const from = valueAt(x);
      let length = 1;
      const tried = () => x.map((value, i) => value + length * step[i]);
      while (length > 1e-12 && !(valueAt(tried()) <= from + 0.01 * length * slope)) length /= 2;
      if (length <= 1e-12) break;
      x = tried();
    }
  }
  return x;
}

/** `A y = b` by elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) pivot = row;
    [a[column], a[pivot]] = [a[pivot], a[column]];
    for (let row = column + 1; row < n; row++) {
      const factor = a[row][column] / a[column][column];
      for (let i = column; i <= n; i++) a[row][i] -= factor * a[column][i];
    }
  }
  const y = right.map(() => 0);
  for (let row = n - 1; row >= 0; row--) {
    let sum = a[row][n];
    for (let i = row + 1; i < n; i++) sum -= a[row][i] * y[i];
    y[row] = sum / a[row][row];
  }
  return y;
}
