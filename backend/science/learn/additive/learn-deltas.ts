import { MAX_DELTAS, type WeightDelta } from '../../../../shared/domain/weight-delta.ts';
import { bucketCount } from '../../../../shared/features/schema.ts';
import { STRIDE, toPoints, toUnits, type AdditiveScorer } from '../../../../shared/score/scorer.ts';
import { toLogOdds, warmSlope } from './first-pass.ts';
import { crossShrinkage } from './cross-shrinkage.ts';
import { withCrossColumns } from '../crosses/cross-columns.ts';
import type { Device } from '../device/device.ts';
import { fitAdditive } from './fit-additive.ts';
import { pointsPerRow } from '../score-set.ts';
import { slateCount, withPosition, type TrainingSet } from '../training-set.ts';
import { setIntercept, withOutsideOption } from '../outside-option.ts';
import { slotWeights } from './slot-weights.ts';

const MAX_ITERATIONS = 100;
/** A ridge so many times stronger lets a weight move by a millionth. */
const FIXED = 1e6;

/**
 * How the weights of a published version should change after what it was served for: the posterior mode of a
 * conditional logit with the prior N(published, spread²) on every weight, that is `w += α Σ (y − p)·x` with a ridge
 * towards the published weights, until it converges. p is over the items of one slate, so a longer slate without a reward
 * changes nothing, and feedback that is late does no harm. Of a slate of one, p is the chance of a reward
 * (`outsideShares`): one whose feedback is late counts as without. The effect of the slots and the intercept are
 * estimated first, and are not part of the answer.
 * @param set of what the base served, rewarded by the reward in force. @param spread log-odds.
 * @returns the largest changes, in points, at most as many as one batch holds.
 */
export async function learnDeltas(
  set: TrainingSet,
  base: AdditiveScorer,
  spread: number,
  device: Device,
): Promise<WeightDelta[]> {
  const { schema } = base;
  const slope = warmSlope(base, set);
  const isGiven = schema.training.position === 'given';
  const crossed = withCrossColumns(set, schema, base.crosses);
  const shown = withOutsideOption(isGiven ? crossed : withPosition(crossed));
  const start = toLogOdds(base, shown, slope);
  if (!isGiven) {
    const scores = pointsPerRow(base, set).map((points) => points * slope);
    start.set(slotWeights(set, scores), crossed.features * STRIDE);
  }
  setIntercept(shown, start);
  const ridge = ridgeOf(base, shown.features);
  const { weights } = await fitAdditive(shown, undefined, {
    schema,
    objective: 'listwise',
    start,
    prior: start,
    // Each slate is weighted by its reward; dividing by the mean reward makes the prior count as if each weighed 1.
    l2: meanReward(set) / spread ** 2,
    ...(ridge && { ridge }),
    slope,
    maxIterations: MAX_ITERATIONS,
    patience: MAX_ITERATIONS,
    device,
  });
  return schema.features
    .flatMap((spec, feature) =>
      Array.from({ length: bucketCount(spec) }, (_, bucket): WeightDelta => {
        const at = feature * STRIDE + bucket;
        const units = toUnits(weights[at] / slope) - base.weights[at];
        return { feature: spec.name, bucket, points: toPoints(units) };
      }),
    )
    .filter(({ points }) => points !== 0)
    .toSorted((one, other) => Math.abs(other.points) - Math.abs(one.points))
    .slice(0, MAX_DELTAS);
}

/** Learned crosses stay where they are: a delta names a feature, and none of these is one. */
function ridgeOf({ schema, crosses }: AdditiveScorer, features: number): Float64Array | undefined {
  const ridge = crossShrinkage(schema, features, crosses);
  if (crosses === undefined) return ridge;
  const from = schema.features.length * STRIDE;
  return (ridge ?? new Float64Array(features * STRIDE).fill(1)).fill(
    FIXED,
    from,
    from + crosses.length * STRIDE,
  );
}

/** Mean over the slates that have a reward. */
function meanReward({ starts, reward }: TrainingSet): number {
  let [rewarded, sum] = [0, 0];
  for (let slate = 0; slate < slateCount({ starts }); slate++) {
    const earned = reward.subarray(starts[slate], starts[slate + 1]).reduce((a, b) => a + b, 0);
    sum += earned;
    if (earned > 0) rewarded++;
  }
  return rewarded === 0 ? 1 : sum / rewarded;
}
