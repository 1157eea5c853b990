import type { CodeMatrix } from '../../../../backend/science/learn/code-matrix.ts';
import type { KernelPool } from '../../../../backend/device/cpu/pool.ts';
import { MODE, type RowLoss } from '../../../../backend/device/cpu/row-losses.ts';
import type {
  GrownTree,
  GrowOptions,
} from '../../../../backend/science/learn/device/tree-growers.ts';
import type { Rows } from '../../../oracle/split.ts';

/** No limit but what a test sets. */
export const FREE: GrowOptions = {
  order: 'depth',
  maxDepth: 6,
  maxLeaves: 64,
  lambda: 1,
  minChildHessian: 0,
  minChildRows: 1,
  minGain: 0,
};

/** Steps of the gradients and hessians that pack exactly: powers of two. */
export const [G_STEP, H_STEP] = [2 ** -12, 2 ** -16];
const [MOST_G, MOST_H] = [2 ** 15 - 2, 2 ** 16 - 2];

/** Rows whose gradients and hessians are whole steps, the largest being the largest there is. */
export function exactRows(columns: CodeMatrix, random: () => number, flat = 0): Rows {
  const { rows } = columns;
  const draw = (most: number, low: number, step: number) => {
    const values = Float64Array.from(
      { length: rows },
      () => Math.round((low + (1 - low) * random()) * most) * step,
    );
    values[Math.floor(rows * random())] = most * step;
    return values;
  };
  const g = draw(MOST_G, -1, G_STEP);
  const h = draw(MOST_H, 0.01, H_STEP).map((value) => (random() < flat ? 0 : value));
  h[0] = MOST_H * H_STEP;
  return { ...columns, g, h };
}

/** A loss that has these gradients at any scores. */
export function fixedLoss(pool: KernelPool, { rows, g, h }: Rows): RowLoss {
  const [scores, values] = [pool.allocate(8 * rows), pool.allocate(8 * rows)];
  return {
    scores,
    values,
    evaluate(mode) {
      if (mode !== MODE.both) throw new Error('trees ask for both');
      const pairs = pool.f32(values, 2 * rows);
      for (let row = 0; row < rows; row++) pairs.set([g[row], h[row]], 2 * row);
      return { loss: 0, mostGradient: MOST_G * G_STEP, mostHessian: MOST_H * H_STEP };
    },
  };
}

/** The leaf that a row falls into, by the plain walk. */
export function leafOf(
  { feature, threshold, shift, left }: GrownTree,
  codeOf: (feature: number) => number,
): number {
  let node = 0;
  while (left[node] !== 0) {
    const code = codeOf(feature[node]);
    const goesLeft = code === 0 ? shift[node] === 0 : code - shift[node] <= threshold[node];
    node = left[node] + (goesLeft ? 0 : 1);
  }
  return node;
}

export const codesOf =
  ({ codes, rows }: CodeMatrix, row: number) =>
  (feature: number): number =>
    codes[feature * rows + row];

/** Rows of each leaf, by the plain walk. */
export function leavesOf(tree: GrownTree, columns: CodeMatrix): Map<number, number[]> {
  const leaves = new Map<number, number[]>();
  for (let row = 0; row < columns.rows; row++) {
    const leaf = leafOf(tree, codesOf(columns, row));
    const own = leaves.get(leaf);
    if (own === undefined) leaves.set(leaf, [row]);
    else own.push(row);
  }
  return leaves;
}

/** Allocations of what `use` makes, and where they lie. */
export function recordAllocations(
  pool: KernelPool,
  use: () => void,
): { address: number; sizeBytes: number }[] {
  const taken: { address: number; sizeBytes: number }[] = [];
  const allocate = pool.allocate.bind(pool);
  pool.allocate = (sizeBytes) => {
    const address = allocate(sizeBytes);
    taken.push({ address, sizeBytes });
    return address;
  };
  try {
    use();
  } finally {
    pool.allocate = allocate;
  }
  return taken;
}
