import { effectsTable } from './experiment-effects.ts';
import { experimentSkill, experimentWeights, leaveOneOut } from './experiment-weights.ts';
import { MINIMUM_EXPERIMENTS } from './minimums.ts';
import type { Prior } from './shrink.ts';
import { withoutSkill, type Tried } from './stage.ts';
import type { PastExperiment } from './unit-table.ts';

/** Weights from past experiments, around what is known before them. */
export function experimentStage(
  experiments: readonly PastExperiment[],
  prior: Prior,
  equal: Float64Array,
  metrics: readonly string[],
  seed: number,
): Tried {
  if (experiments.length === 0) return { refused: 'there are no past experiments' };
  const effects = effectsTable(experiments, metrics);
  if (effects.clusters < MINIMUM_EXPERIMENTS)
    return {
      refused: `too few past experiments: ${effects.clusters} of ${MINIMUM_EXPERIMENTS} with every metric`,
    };
  const found = experimentWeights(effects, prior, seed);
  const skill = experimentSkill(effects, leaveOneOut(effects, prior, found), equal);
  const refused = withoutSkill(skill, 'experiments');
  if (skill === undefined || refused !== undefined)
    return { refused: refused!, ...(skill && { skill }) };
  return {
    weights: found.weights,
    covariance: found.covariance,
    shrinkage: found.shrinkage,
    spread: found.spread,
    skill,
    clusters: effects.clusters,
    about: {
      heldOut: 'each experiment in turn',
      treatments: effects.effects.length,
      priorSpread: Math.sqrt(found.spread),
      unexplained: Math.sqrt(found.rest),
      ...(effects.leftOut > 0 && { leftOut: effects.leftOut }),
    },
  };
}
