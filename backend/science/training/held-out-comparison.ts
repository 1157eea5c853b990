import { STRIDE } from '../../../shared/score/scorer.ts';
import { heldOutGain } from '../evaluation/held-out-gain.ts';
import type { Fit } from '../learn/additive/fit-options.ts';
import { slateCount, type TrainingSet } from '../learn/training-set.ts';
import { clusteredMean, type IntervalEstimate } from '../statistics/interval.ts';

/** Of each row, the effect of its slot included. */
export function logOddsOf(
  { weights }: Pick<Fit, 'weights'>,
  { rows, features, codes }: TrainingSet,
): Float64Array {
  const sum = new Float64Array(rows);
  for (let feature = 0; feature < features; feature++)
    for (let row = 0; row < rows; row++)
      sum[row] += weights[feature * STRIDE + codes[feature * rows + row]];
  return sum;
}

/** By how much the loss of a slate falls, clustered by visitor. @param before and `after`: log-odds of each row. */
export function gainOn(
  set: TrainingSet,
  objective: 'listwise' | 'pointwise',
  before: Float64Array,
  after: Float64Array,
): IntervalEstimate | undefined {
  if (objective === 'listwise') return heldOutGain(set, before, after);
  const losses = (scores: Float64Array) =>
    Float64Array.from({ length: slateCount(set) }, (_, slate) => {
      let loss = 0;
      for (let row = set.starts[slate]; row < set.starts[slate + 1]; row++)
        loss += softplus(scores[row]) - (set.reward[row] > 0 ? scores[row] : 0);
      return loss;
    });
  const [own, other] = [losses(before), losses(after)];
  return clusteredMean(
    own.map((loss, slate) => loss - other[slate]),
    set.cluster,
  );
}

/** `ln(1 + eˣ)`, finite for every finite x. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
