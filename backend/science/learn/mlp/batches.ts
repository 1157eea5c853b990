import { seededRandom } from '../../../../shared/explore/random.ts';
import { codesByRow } from '../code-matrix.ts';
import type { MlpBatch, MlpObjective } from '../device/mlp-engine.ts';
import { lossMass } from '../loss.ts';
import { ungrouped, type Grouping } from './groupings.ts';
import { slateCount, type TrainingSet } from '../training-set.ts';

/** A training set with the scores of another scorer that the network adds to: log-odds, one per row. Default: 0. */
export interface MlpSet extends TrainingSet {
  readonly base?: Float32Array;
}

export const strideOf = (features: number): number => 4 * Math.ceil(features / 4);

/** A training set by rows, cut into batches of whole slates. */
export class Batches {
  /** Most rows of one batch. */
  readonly mostRows: number;
  readonly mostSlates: number;
  readonly mass: number;
  readonly #set: MlpSet;
  readonly #objective: MlpObjective;
  readonly #groupings: readonly Grouping[];
  /** `[row][feature]`, of the set's own features. */
  readonly #codes: Uint8Array;
  readonly #slates: Uint32Array;
  readonly #batchRows: number;

  /**
   * @param batchRows a batch is full when it has as many.
   * @param groupings the columns of the batches' codes.
   */
  constructor(
    set: MlpSet,
    objective: MlpObjective,
    batchRows: number,
    groupings: readonly Grouping[] = ungrouped(set.features),
  ) {
    this.#set = set;
    this.#objective = objective;
    this.#groupings = groupings;
    this.#codes = codesByRow(set, set.features);
    this.#batchRows = batchRows;
    this.mass = lossMass(set, objective);
    const all = Uint32Array.from({ length: slateCount(set) }, (_, slate) => slate);
    // A listwise loss has no gradient on a slate without a reward, unless its outside option has a weight.
    this.#slates = objective === 'listwise' ? all.filter((slate) => this.#teaches(slate)) : all;
    let longest = 0;
    for (const slate of all) longest = Math.max(longest, this.#length(slate));
    this.mostRows = Math.min(set.rows, batchRows - 1 + longest);
    this.mostSlates = Math.min(all.length, batchRows);
  }

  /** All slates that have a gradient, in an order drawn from the seed. */
  *shuffled(seed: number): Generator<MlpBatch> {
    const random = seededRandom(seed);
    const slates = Uint32Array.from(this.#slates);
    for (let last = slates.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [slates[last], slates[other]] = [slates[other], slates[last]];
    }
    yield* this.#cut(slates);
  }

  /** All slates in their order, rows adjacent as in the set. */
  *inOrder(): Generator<MlpBatch> {
    yield* this.#cut(Uint32Array.from({ length: slateCount(this.#set) }, (_, slate) => slate));
  }

  *#cut(slates: Uint32Array): Generator<MlpBatch> {
    for (let from = 0, to = 0; from < slates.length; from = to) {
      let rows = 0;
      while (to < slates.length && rows < this.#batchRows && to - from < this.#batchRows)
        rows += this.#length(slates[to++]);
      yield this.#gather(slates.subarray(from, to), rows);
    }
  }

  #gather(slates: Uint32Array, rows: number): MlpBatch {
    const { features } = this.#set;
    const stride = strideOf(this.#groupings.length);
    const codes = new Uint8Array(rows * stride);
    const reward = new Float64Array(rows);
    const base = new Float32Array(rows);
    const starts = new Uint32Array(slates.length + 1);
    let row = 0;
    slates.forEach((slate, s) => {
      const [first, end] = [this.#set.starts[slate], this.#set.starts[slate + 1]];
      reward.set(this.#set.reward.subarray(first, end), row);
      if (this.#set.base !== undefined) base.set(this.#set.base.subarray(first, end), row);
      for (let from = first; from < end; from++, row++) {
        const own = this.#codes.subarray(from * features, (from + 1) * features);
        this.#groupings.forEach(({ feature, groupOf }, column) => {
          codes[row * stride + column] = groupOf[own[feature]];
        });
      }
      starts[s + 1] = row;
    });
    const { outside } = this.#set;
    const rewards = {
      rows,
      starts,
      reward,
      ...(outside && { outside: Float32Array.from(slates, (slate) => outside[slate]) }),
    };
    return { ...rewards, codes, base, mass: lossMass(rewards, this.#objective) };
  }

  #length(slate: number): number {
    return this.#set.starts[slate + 1] - this.#set.starts[slate];
  }

  #teaches(slate: number): boolean {
    if ((this.#set.outside?.[slate] ?? 0) > 0) return true;
    for (let row = this.#set.starts[slate]; row < this.#set.starts[slate + 1]; row++)
      if (this.#set.reward[row] > 0) return true;
    return false;
  }
}
