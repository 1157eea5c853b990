import type { TrainingSpec } from '../../../shared/features/schema.ts';
import { slateCount, type TrainingSet } from './training-set.ts';

/** The slates and rewards that a loss is computed on. */
export type Rewards = Pick<TrainingSet, 'rows' | 'starts' | 'reward' | 'outside'>;

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
 * `∂L/∂sᵢ = R (pᵢ − yᵢ)`, `∂²L/∂sᵢ² = R pᵢ (1 − pᵢ)`. A slate without a reward adds nothing to it.
 *
 * With weights c of the outside option the log loss of whether anything was rewarded is added: "nothing" is one more
 * alternative, of utility 0, so that `q = σ(u)` for the slate's inclusive value `u = log Σ e^s` (McFadden, 1974). With
 * `a = 1` where R > 0, else 0: `L += c (log(1 + eᵘ) − a u)`, `∂/∂sᵢ += c (q − a) pᵢ`,
 * `∂²/∂sᵢ² += c (q (1 − q) pᵢ² + (q − a) pᵢ (1 − pᵢ))`. At c = R both parts are the multinomial logit, for a slate of one
 * they are a logistic regression, and for c ≤ R the sum is convex.
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
    const outside = set.outside?.[slate] ?? 0;
    // Both tails come from exp(−|u|), so that neither loses its digits.
    const far = Math.exp(-Math.abs(logSum));
    const [q, none] =
      logSum < 0 ? [far / (1 + far), 1 / (1 + far)] : [1 / (1 + far), far / (1 + far)];
    const pull = outside * (earned > 0 ? -none : q);
    const bend = outside * q * none;
    total += outside * (Math.max(earned > 0 ? -logSum : logSum, 0) + Math.log1p(far));
    for (let row = first; row < end; row++) {
      const p = Math.exp(scores[row] - logSum);
      gradient[row] = earned * p - set.reward[row] + pull * p;
      hessian[row] = (earned + pull) * p * (1 - p) + bend * p * p;
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
export function lossMass(set: Rewards, objective: TrainingSpec['objective']): number {
  let mass = 0;
  if (objective === 'pointwise') {
    // Without a call for each of many rows.
    for (const value of set.reward) mass += value > 0 ? value : 1;
    return mass;
  }
  eachWeight(set, objective, (weight) => (mass += weight));
  return mass;
}

/**
 * By how much a set's loss overstates what it tells: `Σ w² / Σ w` over its slates (listwise) or rows, 1 where all weigh 1. The loss
 * divided by it has the effective number of them as its mass, `(Σ w)² / Σ w²` (Kish, 1965): a slate with a booking that
 * weighs 10 says once, and not ten times, what was preferred.
 */
export function evidenceWeight(set: Rewards, objective: TrainingSpec['objective']): number {
  let [sum, squares] = [0, 0];
  eachWeight(set, objective, (weight) => {
    sum += weight;
    squares += weight * weight;
  });
  return sum > 0 ? squares / sum : 1;
}

/**
 * `evidenceWeight` where the items of a slate that were rewarded say something each: `Σ w² / Σ w` over rewarded items, slates that teach
 * by their outside option, or rows. Three clicks in a slate are three preferences, of which `evidenceWeight` counts one; an item
 * that was clicked and booked is still one.
 */
export function evidenceOfRewards(set: Rewards, objective: TrainingSpec['objective']): number {
  if (objective === 'pointwise') return evidenceWeight(set, objective);
  const { starts, reward, outside } = set;
  let [sum, squares] = [0, 0];
  const add = (weight: number) => {
    sum += weight;
    squares += weight * weight;
  };
  for (let slate = 0; slate < slateCount(set); slate++) {
    const [from, to] = [starts[slate], starts[slate + 1]];
    if (to - from > 1) for (let row = from; row < to; row++) add(reward[row]);
    // The softmax of a slate of one has no loss.
    else add(outside === undefined ? reward[from] : outside[slate]);
  }
  return sum > 0 ? squares / sum : 1;
}

/** Calls back with how much each slate (listwise) or row weighs in the loss. */
function eachWeight(
  { starts, reward, outside }: Rewards,
  objective: TrainingSpec['objective'],
  visit: (weight: number) => void,
): void {
  if (objective === 'pointwise') {
    for (const value of reward) visit(value > 0 ? value : 1);
    return;
  }
  for (let slate = 0; slate < slateCount({ starts }); slate++) {
    let earned = 0;
    for (let row = starts[slate]; row < starts[slate + 1]; row++) earned += reward[row];
    if (outside === undefined) visit(earned);
    // The softmax of a slate of one has no loss.
    else if (starts[slate + 1] - starts[slate] === 1) visit(outside[slate]);
    else visit(Math.max(earned, outside[slate]));
  }
}

/** The loss of an objective, which a schema names. */
export const lossOf = (objective: TrainingSpec['objective']): Loss =>
  objective === 'listwise' ? listwiseLoss : pointwiseLoss;
