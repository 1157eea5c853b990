/** Sizes of a network. `width` and `hidden` are multiples of 4, which the GPU reads at a time. */
export interface MlpShape {
  readonly features: number;
  /** E, size of an embedding. */
  readonly width: number;
  /** Size of the second hidden layer; 0: none. */
  readonly hidden: number;
}

/** Where each part begins in the one array of all parameters. Parts are padded to multiples of 4. */
export interface MlpLayout extends MlpShape {
  /** `[feature][bucket][E]`, from 0. */
  readonly embeddingBias: number;
  /** `[hidden][E]` */
  readonly weights: number;
  readonly bias: number;
  readonly output: number;
  readonly outputBias: number;
  /** Size of the layer that the output reads. */
  readonly last: number;
  readonly size: number;
}

/** Slates that are learned from together. */
export interface MlpBatch {
  readonly rows: number;
  /** Slate s covers rows `starts[s] .. starts[s + 1] − 1`. */
  readonly starts: Uint32Array;
  readonly reward: Float64Array;
  /** Weight of the outside option in each slate, of the listwise objective: see `listwiseLoss`. Default: 0. */
  readonly outside?: Float32Array;
  /** Row-major, `codes[row * stride + feature]`; the stride is a multiple of 4. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** Scores that the network has to take as given, one per row, in log-odds. */
  readonly base: Float32Array<ArrayBuffer>;
  /** What the loss is divided by. */
  readonly mass: number;
}

/** All that a run needs to go on: it is the same on the CPU and on the GPU. */
export interface MlpState {
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Running means of the gradient and of its square. */
  readonly mean: Float32Array<ArrayBuffer>;
  readonly square: Float32Array<ArrayBuffer>;
  /** Steps taken. */
  readonly steps: number;
}

/** Adam (Kingma & Ba, ICLR 2015) on `loss / mass + l2 / 2 · ‖weights‖²`; biases are not pulled to 0. */
export interface AdamOptions {
  readonly rate: number;
  readonly l2: number;
  /** Keeps a parameter with a gradient near 0 from taking whole steps. */
  readonly epsilon: number;
}

export type MlpObjective = 'listwise' | 'pointwise';

export interface MlpEngineOptions extends AdamOptions {
  readonly objective: MlpObjective;
  /** Rows and slates of the largest batch. */
  readonly mostRows: number;
  readonly mostSlates: number;
}

/** The arithmetic of a run, with parameters and Adam's means on the device. */
export interface MlpEngine {
  write(state: MlpState): void;
  /** One step of Adam. Resolves when more work may be handed in. */
  step(batch: MlpBatch): Promise<void>;
  /** Total loss of the batches stepped on since the last call, each before its step. */
  takeLoss(): Promise<number>;
  scores(batch: MlpBatch): Promise<ArrayLike<number>>;
  read(): Promise<MlpState>;
  destroy(): void;
}

export type MakeMlpEngine = (layout: MlpLayout, options: MlpEngineOptions) => MlpEngine;
