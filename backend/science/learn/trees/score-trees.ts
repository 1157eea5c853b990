import type { CodeMatrix } from '../code-matrix.ts';
import type { GrownTree } from '../device/tree-growers.ts';

/** Adds each row's leaf values over all trees, by walking each tree row by row: meant for sets of a validation's size. */
export function scoreTrees(
  trees: readonly GrownTree[],
  { rows, codes }: CodeMatrix,
  into: Float64Array = new Float64Array(rows),
): Float64Array {
  for (const { feature, threshold, shift, left, value } of trees) {
    for (let row = 0; row < rows; row++) {
      let node = 0;
      for (let child = left[0]; child !== 0; child = left[node]) {
        const code = (codes[feature[node] * rows + row] - shift[node]) & 255;
        node = code <= threshold[node] ? child : child + 1;
      }
      into[row] += value[node];
    }
  }
  return into;
}
