import type {
  BoostedTree,
  Booster,
  BoosterOptions,
  BoostingJob,
  GrownTree,
  TreeSample,
} from '../../science/learn/device/tree-growers.ts';
import type { LabelledRows } from '../../science/learn/device/labelled-rows.ts';
import { TreeScorer } from './add-tree.ts';
import { TreeGrower } from './grow-tree.ts';
import { codesBytes, loadCodes, type LoadedCodes } from './loaded-codes.ts';
import { gradientUnits, packGradients } from './pack-gradients.ts';
import { KernelPool } from './pool.ts';
import { rowLossBytes, rowLossOf } from './row-loss-of.ts';
import { MODE, type RowLoss } from './row-losses.ts';
import { threadsFor } from './threads-for.ts';

/** Codes in the kernels' memory, and the loss of their rows, which holds their scores. */
export interface LoadedRows {
  readonly codes: LoadedCodes;
  readonly loss: RowLoss;
}

/** Boosts trees on rows that lie in a pool's memory. */
export class PoolBooster implements Booster {
  readonly #train: LoadedRows;
  readonly #heldOut: LoadedRows | undefined;
  readonly #options: BoosterOptions;
  readonly #grower: TreeGrower;
  readonly #scorer: TreeScorer;
  readonly #heldOutScorer: TreeScorer | undefined;
  #trees = 0;

  constructor(train: LoadedRows, options: BoosterOptions, heldOut?: LoadedRows) {
    this.#train = train;
    this.#heldOut = heldOut;
    this.#options = options;
    this.#grower = new TreeGrower(train.codes, options.maxLeaves);
    this.#scorer = new TreeScorer(train.codes, options.maxLeaves);
    this.#heldOutScorer = heldOut && new TreeScorer(heldOut.codes, options.maxLeaves);
  }

  async heldOutLoss(): Promise<number | undefined> {
    // In the mode that all losses have: LambdaRank gives gradient and hessian together.
    return this.#heldOut?.loss.evaluate(MODE.both).loss;
  }

  async next({ rows, features }: TreeSample = {}): Promise<BoostedTree | undefined> {
    const { codes, loss } = this.#train;
    const totals = loss.evaluate(MODE.both);
    const units = gradientUnits(totals);
    if (units === undefined) return undefined;
    packGradients(codes.pool, loss.values, codes.rows, units, ++this.#trees);
    const tree = this.#grower.grow(loss.values, units, this.#options, {
      ...(rows && { sample: rows }),
      ...(features && { drawFeatures: (allowed: Uint8Array) => allowed.set(features) }),
    });
    if (tree.feature.length === 1) return undefined;
    for (let node = 0; node < tree.value.length; node++) tree.value[node] *= this.#options.rate;
    if (rows === undefined) this.#grower.addLeaves(tree, loss.scores);
    else this.#scorer.add(tree, loss.scores);
    return { tree, loss: totals.loss, ...(await this.#afterTree(tree)) };
  }

  close = (): Promise<void> => this.#train.codes.pool.close();

  async #afterTree(tree: GrownTree): Promise<{ heldOut?: number }> {
    if (this.#heldOut === undefined) return {};
    this.#heldOutScorer!.add(tree, this.#heldOut.loss.scores);
    return { heldOut: this.#heldOut.loss.evaluate(MODE.both).loss };
  }
}

/** Boosted trees on the CPU's threads. @param given threads; absent: as many as pay. */
export function cpuBooster(
  { train, heldOut, objective, options }: BoostingJob,
  given?: number,
): Booster {
  const { rows, features } = train;
  const threads = given ?? threadsFor(rows * features);
  const bytesFor = (one: LabelledRows) =>
    codesBytes(one.rows, one.features) +
    rowLossBytes(one, objective, threads) +
    TreeScorer.sizeBytes(options.maxLeaves);
  const pool = new KernelPool(
    bytesFor(train) +
      (heldOut ? bytesFor(heldOut) : 0) +
      TreeGrower.sizeBytes(rows, features, options.maxLeaves, threads),
    threads,
  );
  const load = (one: LabelledRows): LoadedRows => ({
    codes: loadCodes(pool, one),
    loss: rowLossOf(pool, one, objective),
  });
  return new PoolBooster(load(train), options, heldOut && load(heldOut));
}
