import type { FitMethod } from '../fit-method.ts';
import type { DescentLoss } from './descent-loss.ts';
import type { LabelledRows } from './labelled-rows.ts';

export interface AdditiveJob {
  readonly train: LabelledRows;
  /** Rows that stop the descent early. */
  readonly validation?: LabelledRows;
  readonly objective: 'logistic' | 'softmax';
  /** How the weights descend: a device may be unfit for small steps. */
  readonly method: FitMethod;
}

/** The loss on both sets, over memory of their own until closed. */
export interface AdditiveLosses {
  readonly train: DescentLoss;
  readonly validation?: DescentLoss;
  close(): Promise<void>;
}
