import type { LearnerKind } from '../../log/training-set/minimums.ts';
import type { LearnerName } from '../../science/learn/learners/learner.ts';

/** The learner whose minimum of data applies: the one that needs most. Boosted trees need what a forest needs. */
export function mostDemanding(learners: readonly LearnerName[]): LearnerKind {
  if (learners.includes('mlp')) return 'mlp';
  return learners.includes('forest') || learners.includes('boosted') ? 'forest' : 'additive';
}
