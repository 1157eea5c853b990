import type { AdditiveJob, AdditiveLosses } from './additive-losses.ts';
import type { MakeMlpEngine } from './mlp-engine.ts';
import type { Booster, BoostingJob, ForestGrower, ForestJob } from './tree-growers.ts';

/** The arithmetic that learners are made of. The CPU and the GPU each implement it, and one test suite holds them equal. */
export interface Kernels {
  /** Losses of additive scores and their gradients, for the descents. */
  readonly additive: (job: AdditiveJob) => AdditiveLosses;
  /** Boosted trees, one after the other. */
  readonly boosting: (job: BoostingJob) => Booster;
  /** The trees of a random forest. */
  readonly forest: (job: ForestJob) => ForestGrower;
  /** Forward pass, backward pass and step of a multilayer perceptron. */
  readonly mlp: MakeMlpEngine;
}

/** What learners compute on. They need not know which device it is, nor what happens when it fails. */
export interface Device {
  /** Which device it is and why, as a sentence for logs and reports. */
  readonly because: string;
  /**
   * Runs the work with the kernels of the best device there is. When that device fails, or cannot do such work, the
   * work is called again with the kernels of another one: it has to keep its progress outside, and go on from there.
   * @param standing the end of the sentence that is then logged, such as "the fit goes on from iteration 3".
   */
  run<T>(work: (kernels: Kernels) => Promise<T>, standing: () => string): Promise<T>;
}
