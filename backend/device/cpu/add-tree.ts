import type { GrownTree } from '../../science/learn/device/tree-growers.ts';
import { blocksOf, BLOCK_ROWS, type LoadedCodes } from './loaded-codes.ts';

const NODE_BYTES = 24;

/** Adds the values of trees to the scores of rows, whether they were grown on them or not. */
export class TreeScorer {
  readonly #matrix: LoadedCodes;
  readonly #nodes: number;

  static sizeBytes = (maxLeaves: number): number => 2 * NODE_BYTES * maxLeaves + 128;

  /** @param maxLeaves of any tree that will be scored. */
  constructor(matrix: LoadedCodes, maxLeaves: number) {
    this.#matrix = matrix;
    this.#nodes = matrix.pool.allocate(2 * NODE_BYTES * maxLeaves);
  }

  /** Adds the tree's value of each row. @param scores address, f64 per row. */
  add(tree: GrownTree, scores: number): void {
    const { pool, columns, rows } = this.#matrix;
    const count = tree.feature.length;
    const words = pool.u32(this.#nodes, (count * NODE_BYTES) / 4);
    const values = pool.f64(this.#nodes, (count * NODE_BYTES) / 8);
    for (let node = 0; node < count; node++) {
      const at = (node * NODE_BYTES) / 4;
      words[at] = tree.feature[node];
      words[at + 1] = tree.threshold[node] | (tree.shift[node] << 16);
      words[at + 2] = tree.left[node];
      values[(node * NODE_BYTES) / 8 + 2] = tree.value[node];
    }
    pool.run('addTree', blocksOf(rows), [columns, rows, BLOCK_ROWS, this.#nodes, scores]);
  }
}
