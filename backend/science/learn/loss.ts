import type { TrainingSpec } from '../../../shared/features/schema.ts';
import { slateCount, type TrainingSet } from './training-set.ts';

/** The slates and rewards that a loss is computed on. */
export type Rewards = Pick<TrainingSet, 'rows' | 'starts' | 'reward'>;

/** Fills one gradient and one hessian per row and returns the total loss. Scores are log-odds. */
export type Loss = (
  set: Rewards,
  scores: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
) => number;

/**
 * Softmax cross-entropy over each slate (conditional logit; Cao et al., "Learning to Rank", ICML 2007):
 * `L = Σ_slates R · −Σᵢ yᵢ log pᵢ`, `p = softmax(s)`, `R = Σ reward`, `y = reward / R`;
 * `∂L/∂sᵢ = R (pᵢ − yᵢ)`, `∂²L/∂sᵢ² = R pᵢ (1 − pᵢ)`. A slate without a reward adds nothing.
 */
export const listwiseLoss: Loss = (set, scores, gradient, hessian) => {
  let total = 0;
  for (let slate = 0; slate < slateCount(set); slate++) {
    const [first, end] = [set.starts[slate], set.starts[slate + 1]];
    let earned = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let row = first; row < end; row++) {
      earned += set.reward[row];
      if (scores[row] > best) best = scores[row]!;
    }
    let sum = 0;
    for (let row = first; row < end; row++) sum += Math.exp(scores[row] - best);
    const logSum = best + Math.log(sum);
    for (let row = first; row < end; row++) {
      const p = Math.exp(scores[row] - logSum);
      gradient[row] = earned * p - set.reward[row];
      hessian[row] = earned * p * (1 - p);
      if (set.reward[row] > 0) total += set.reward[row] * (logSum - scores[row]);
    }
  }
  return total;
};

/**
 * Logistic loss of each shown row: `L = Σ w (log(1 + eˢ) − y s)`, `y = 1` where there was a reward (then
 * `w` = the reward), else `w = 1`; `∂L/∂s = w (σ(s) − y)`, `∂²L/∂s² = w σ (1 − σ)`.
 */
export const pointwiseLoss: Loss = (set, scores, gradient, hessian) => {
  let total = 0;
  for (let row = 0; row < set.rows; row++) {
    const s = scores[row];
    const y = set.reward[row] > 0 ? 1 : 0;
    const w = y === 1 ? set.reward[row] : 1;
    const p = 1 / (1 + Math.exp(-s));
    gradient[row] = w * (p - y);
    hessian[row] = w * p * (1 - p);
    // log(1 + eˢ) without overflow.
    total += w * (Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - y * s);
  }
  return total;
};

/** The sum of all weights in a set's loss. Loss / mass is per unit of reward or per row, so that sets can be compared. */
export function lossMass(set: Rewards, objective: 'listwise' | 'pointwise'): number {
  let mass = 0;
  const { reward } = set;
  for (let row = 0; row < reward.length; row++)
    mass += objective === 'listwise' || reward[row] > 0 ? reward[row] : 1;
  return mass;
}

/** The loss of an objective, which a schema names. */
export const lossOf = (objective: TrainingSpec['objective']): Loss =>
  objective === 'listwise' ? listwiseLoss : pointwiseLoss;
