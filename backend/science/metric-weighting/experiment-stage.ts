import { effectsTable } from './experiment-effects.ts';
import {
  experimentFit,
  experimentSkill,
  experimentWeights,
  leaveOneOut,
} from './experiment-weights.ts';
import { MINIMUM_EXPERIMENTS } from './minimums.ts';
import type { Prior } from './shrink.ts';
import { lackOfSkill, type StageOutcome } from './stage.ts';
import type { PastExperiment } from './unit-table.ts';

/**
 * Weights from past experiments, shrunk to the prior; refused where there are too few or they have no held-out skill.
 */
export function experimentStage(
  experiments: readonly PastExperiment[],
  prior: Prior,
  equal: Float64Array,
  metrics: readonly string[],
  seed: number,
): StageOutcome {
  if (experiments.length === 0) return { refused: 'there are no past experiments' };
  const effects = effectsTable(experiments, metrics);
  if (effects.clusters < MINIMUM_EXPERIMENTS)
    return {
      refused: `too few past experiments: ${effects.clusters} of ${MINIMUM_EXPERIMENTS} with every metric`,
    };
  const leftOut = leaveOneOut(effects, prior, experimentFit(effects, prior));
  const skill = experimentSkill(effects, leftOut, equal);
  const refused = lackOfSkill(skill, 'experiments');
  if (skill === undefined || refused !== undefined)
    return { refused: refused!, ...(skill && { skill }) };
  const found = experimentWeights(effects, prior, seed);
  return {
    weights: found.weights,
    covariance: found.covariance,
    shrinkage: found.shrinkage,
    skill,
    clusters: effects.clusters,
    about: {
      heldOut: 'each experiment in turn',
      treatments: effects.effects.length,
      unexplained: Math.sqrt(found.residualVariance),
      ...(effects.leftOut > 0 && { leftOut: effects.leftOut }),
    },
  };
}
