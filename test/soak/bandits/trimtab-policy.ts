import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { LearningSite, type LearningSetup } from '../../world/learning-site.ts';
import { loggedOfSent, showSome } from '../../world/one-of-many.ts';
import { tripWishes } from '../../world/trip-wishes.ts';
import type { Policy } from './policy.ts';
import type { Stream } from './streams.ts';

/** The one configuration, of all streams. */
export interface TrimtabSetup extends LearningSetup {
  readonly exploration: ExplorationSpec;
}

export const SETUP: TrimtabSetup = {
  exploration: {
    temperature: 1,
    epsilon: 0.002,
    poolSize: 50,
    optimism: 1,
    maxLoss: 1.5,
    raisedFeatures: 1,
  },
  rankingsPerTraining: 1000,
  online: { minimumRewarded: 3, spread: 1, rankingsPerChange: 20 },
};

/**
 * Without declared constraints and without points from rules: the tastes of these streams have nothing to do with either, and
 * Vowpal Wabbit, which starts at 0, is told of none.
 */
const schema = {
  ...tripWishes,
  constraints: [],
  rules: Object.fromEntries(
    Object.entries(tripWishes.rules).map(([feature, points]) => [feature, points.map(() => 0)]),
  ),
};

/** A site in direct mode that learns as people click. */
export function trimtabPolicy(stream: Stream, setup: TrimtabSetup = SETUP): Policy {
  const { exploration } = setup;
  const rules = additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name: 'rules',
    exploration,
    posterior: unlearned(schema, exploration),
  });
  const site = new LearningSite(rules, setup);
  const seedOf = (ranking: number) => stream.seed * 1_000_000 + ranking;
  return {
    show: async (ranking) =>
      showSome(site.served, stream.requests[ranking], {
        slots: stream.slots,
        seed: seedOf(ranking),
      }),
    learn: (ranking, shown, clicks) =>
      site.learn(
        loggedOfSent(site.served, stream.requests[ranking], shown, {
          number: ranking,
          seed: seedOf(ranking),
          clicks,
        }),
      ),
  };
}
