import type { Exposure } from '../../shared/domain/experiment.ts';
import { hashToUnitInterval, type Visitor } from '../../shared/explore/assign.ts';
import type { LoadedWeights } from './adopt-weights.ts';

/**
 * The weights that a visitor is served with: the published ones for the sessions that are held out of what was learned since. Which these
 * are is hashed by a salt of its own, so that it is independent of every experiment's arms.
 */
export function weightsFor(weights: LoadedWeights, { sessionId }: Visitor): LoadedWeights {
  if (weights.heldOut === undefined) return weights;
  const { base, holdout } = weights.heldOut;
  return hashToUnitInterval(holdout.salt, 'arm', sessionId) < holdout.share ? base : weights;
}

/** @returns the exposure by which the sessions that are held out are compared with all others; none of an interleaved slate. */
export const holdoutExposureOf = (
  { config, degraded }: { config: { weights: LoadedWeights }; degraded: boolean },
  { draft }: { draft?: unknown },
): readonly Exposure[] => {
  const { exposure } = config.weights;
  return exposure === undefined || degraded || draft !== undefined ? [] : [exposure];
};
