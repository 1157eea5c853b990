import type { Network } from '../../../../shared/score/network.ts';
import type {
  MakeMlpEngine,
  MlpEngine,
  MlpLayout,
  MlpObjective,
  MlpState,
} from '../device/mlp-engine.ts';
import { lossMass, lossOf } from '../loss.ts';
import { Batches, type MlpSet } from './batches.ts';
import { bucketCounts, groupCounts, groupingsOf, type Grouping } from './groupings.ts';
import { settingsFor } from './settings-for.ts';
import { initialParameters, layoutOf } from './parameters.ts';
import { toNetwork } from './to-network.ts';

export interface MlpOptions {
  readonly objective: MlpObjective;
  /** Embedding size. Default 16. */
  readonly width?: number;
  /** Size of the second hidden layer, 0 for none. Default 32. */
  readonly hidden?: number;
  readonly seed: number;
  /** Default 0.003. */
  readonly rate?: number;
  /** On the loss per unit of reward (listwise) or row (pointwise). Default: see `settingsFor`. */
  readonly l2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Rows after which a batch is full. Default: see `settingsFor`. */
  readonly batchRows?: number;
  /** Slates that stop the run early; without them it never says stop. */
  readonly validation?: MlpSet;
  /** Epochs without a lower validation loss until it stops. Default: see `settingsFor`. */
  readonly patience?: number;
}

export interface MlpEpoch {
  readonly epoch: number;
  /** Per unit of reward or row, without the ridge; training's is that of each batch before its step. */
  readonly trainLoss: number;
  readonly validationLoss?: number;
  /** True when the validation loss has not fallen for `patience` epochs. */
  readonly stop: boolean;
}

/** A run as it stood after an epoch: any engine can go on from it. */
export interface MlpCheckpoint {
  readonly curve: readonly MlpEpoch[];
  readonly state: MlpState;
  /** The parameters with the lowest validation loss, or the last. */
  readonly best: {
    readonly epoch: number;
    readonly loss: number;
    readonly parameters: Float32Array<ArrayBuffer>;
  };
}

export interface MlpTrainer {
  /** Makes the network ready, with seeded parameters. */
  start(set: MlpSet, options: MlpOptions): void;
  /** One pass over all slates, in an order that depends on seed and epoch alone. */
  epoch(): Promise<MlpEpoch>;
  checkpoint(): Promise<MlpCheckpoint>;
  /** Goes on from a checkpoint of a run with the same set and options; after `start`. */
  resume(checkpoint: MlpCheckpoint): void;
  /** The best parameters so far, in points. See `toNetwork`. */
  toNetwork(slope: number, features?: number, held?: number): Network;
  close(): void;
}

/** Times the epoch's number, this makes each epoch's seed for shuffling. */
const EPOCH_SEED = 0x9e37_79b9;

export class MlpRun implements MlpTrainer {
  readonly #makeEngine: MakeMlpEngine;
  #run:
    | {
        readonly options: MlpOptions;
        readonly patience: number;
        readonly layout: MlpLayout;
        readonly groupings: readonly Grouping[];
        readonly engine: MlpEngine;
        readonly batches: Batches;
        readonly validation: Batches | undefined;
      }
    | undefined;
  #curve: MlpEpoch[] = [];
  #best: MlpCheckpoint['best'] | undefined;

  constructor(makeEngine: MakeMlpEngine) {
    this.#makeEngine = makeEngine;
  }

  start(set: MlpSet, options: MlpOptions): void {
    const { objective, width = 16, hidden = 32 } = options;
    const sized = settingsFor(set, lossMass(set, objective));
    const { batchRows = sized.batchRows, patience = sized.patience, l2 = sized.l2 } = options;
    const buckets = bucketCounts(set);
    const groupings = groupingsOf(buckets);
    const counts = groupings.map((grouping) => groupCounts(buckets, grouping));
    const layout = layoutOf({ features: groupings.length, width, hidden });
    const batches = new Batches(set, objective, batchRows, groupings);
    if (!(batches.mass > 0)) throw new RangeError('no row has a reward: nothing can be learned');
    const validation =
      options.validation && new Batches(options.validation, objective, batchRows, groupings);
    const engine = this.#makeEngine(layout, {
      objective,
      rate: options.rate ?? 0.003,
      l2,
      epsilon: options.epsilon ?? 1e-8,
      mostRows: Math.max(batches.mostRows, validation?.mostRows ?? 0),
      mostSlates: Math.max(batches.mostSlates, validation?.mostSlates ?? 0),
    });
    const parameters = initialParameters(layout, counts, options.seed);
    const empty = () => new Float32Array(layout.size);
    engine.write({ parameters, mean: empty(), square: empty(), steps: 0 });
    this.#run = { options, patience, layout, groupings, engine, batches, validation };
    this.#curve = [];
    this.#best = { epoch: 0, loss: Number.POSITIVE_INFINITY, parameters };
  }

  async epoch(): Promise<MlpEpoch> {
    const { options, patience, engine, batches, validation } = this.#started();
    const epoch = this.#curve.length + 1;
    for (const batch of batches.shuffled((options.seed + epoch * EPOCH_SEED) | 0))
      await engine.step(batch);
    const trainLoss = (await engine.takeLoss()) / batches.mass;
    const validationLoss = validation && (await this.#lossOn(validation));
    const { parameters } = await engine.read();
    const best = this.#best!;
    if (validationLoss === undefined || validationLoss < best.loss)
      this.#best = { epoch, loss: validationLoss ?? best.loss, parameters };
    const report: MlpEpoch = {
      epoch,
      trainLoss,
      ...(validationLoss !== undefined && { validationLoss }),
      stop: validation !== undefined && epoch - this.#best!.epoch >= patience,
    };
    this.#curve.push(report);
    return report;
  }

  async checkpoint(): Promise<MlpCheckpoint> {
    const { engine } = this.#started();
    return { curve: [...this.#curve], state: await engine.read(), best: this.#best! };
  }

  resume({ curve, state, best }: MlpCheckpoint): void {
    this.#started().engine.write(state);
    this.#curve = [...curve];
    this.#best = best;
  }

  toNetwork(slope: number, features?: number, held?: number): Network {
    const { layout, groupings } = this.#started();
    return toNetwork(layout, this.#best!.parameters, slope, groupings, features, held);
  }

  close(): void {
    this.#run?.engine.destroy();
    this.#run = undefined;
  }

  async #lossOn(batches: Batches): Promise<number> {
    const { engine, options } = this.#started();
    const batchLoss = lossOf(options.objective);
    let total = 0;
    for (const batch of batches.inOrder()) {
      const scores = Float64Array.from(await engine.scores(batch));
      total += batchLoss(batch, scores, new Float64Array(batch.rows), new Float64Array(batch.rows));
    }
    return total / Math.max(batches.mass, Number.MIN_VALUE);
  }

  #started() {
    if (this.#run === undefined) throw new Error('the run has not started: call start first');
    return this.#run;
  }
}
