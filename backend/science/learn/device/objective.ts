/**
 * What trees and additive scores minimise, summed over rows or slates:
 * - `logistic`: the log loss of each row; y = 1 where there is a reward, which then is the row's weight, else 0.
 * - `squared`: half the squared distance of score and reward.
 * - `softmax`: cross-entropy over each slate, weighted by rewards (see `listwiseLoss`).
 * - `lambdaRank`: LambdaMART's gradients of NDCG; the loss is Σ over slates of 1 − NDCG at the truncation.
 */
export type Objective =
  | 'logistic'
  | 'squared'
  | 'softmax'
  | { readonly lambdaRank: LambdaRankOptions };

export interface LambdaRankOptions {
  /** A pair counts when one of its rows is among so many best slots. */
  readonly truncation: number;
  /** Divides a slate's gradients by their sum, as LightGBM does by default. */
  readonly normalise: boolean;
}
