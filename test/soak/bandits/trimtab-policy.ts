import type { LoggedSlate } from '../../../backend/science/learn/logged-slate.ts';
import { calibrateOnline } from '../../../backend/science/learn/online/calibration.ts';
import {
  deltasOf,
  learnFrom,
  nothingLearned,
  onlineProblem,
  type OnlinePosterior,
  type OnlineProblem,
} from '../../../backend/science/learn/online/online-learner.ts';
import { packTrainingSet } from '../../../backend/science/learn/training-set.ts';
import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import { RULES_VERSION, versionOf } from '../../../shared/domain/ids.ts';
import { addDeltas } from '../../../shared/score/add-deltas.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { learnDirectly } from '../../world/learn-directly.ts';
import { loggedOfSent, showSome } from '../../world/one-of-many.ts';
import { tripWishes } from '../../world/trip-wishes.ts';
import type { Policy } from './policy.ts';
import type { Stream } from './streams.ts';

/** The one configuration, of all streams. */
export interface TrimtabSetup {
  readonly exploration: ExplorationSpec;
  readonly rankingsPerTraining: number;
  /** Of `onlineLearning`. */
  readonly minimumRewarded: number;
  readonly spread: number;
  /** Rankings between two changes of the weights that are served: at some ten rankings a second, those of two seconds. */
  readonly rankingsPerChange: number;
}

export const SETUP: TrimtabSetup = {
  exploration: {
    temperature: 1,
    epsilon: 0.01,
    poolSize: 50,
    optimism: 1,
    maxLoss: 4,
    raisedFeatures: 1,
  },
  rankingsPerTraining: 1000,
  minimumRewarded: 10,
  spread: 2,
  rankingsPerChange: 20,
};

/** Direct mode: trainings that the gate alone makes champion, and learning from each ranking in between. */
export function trimtabPolicy(stream: Stream, setup: TrimtabSetup = SETUP): Policy {
  const { exploration, rankingsPerTraining, minimumRewarded, spread, rankingsPerChange } = setup;
  const about = { version: RULES_VERSION, name: 'rules', exploration };
  const rules = additiveFromPoints(tripWishes, tripWishes.rules, about);
  let champion: AdditiveScorer = { ...rules, posterior: unlearned(tripWishes, exploration) };
  let served = champion;
  let online: { problem: OnlineProblem; posterior: OnlinePosterior } | undefined;
  let rewarded = 0;
  const log: LoggedSlate[] = [];
  const seedOf = (ranking: number) => stream.seed * 1_000_000 + ranking;
  const setOf = (slates: readonly LoggedSlate[]) =>
    packTrainingSet(
      tripWishes,
      slates.map(({ at, sessionId, codes, propensities, tallies }) => ({
        at,
        sessionId,
        codes,
        propensities,
        reward: Float64Array.from(tallies, (tally) => tally?.click ?? 0),
      })),
    );
  const begin = () => {
    const calibration = calibrateOnline(setOf(log.slice(-5000)), champion);
    const problem = onlineProblem(champion, calibration, spread);
    online = { problem, posterior: nothingLearned(problem) };
  };
  const train = async () => {
    const { scorer, gate } = await learnDirectly(setOf(log), log, champion, served);
    if (gate.verdict !== 'promote') return;
    champion = {
      ...(scorer as AdditiveScorer),
      version: versionOf(log.length / rankingsPerTraining),
    };
    served = champion;
    begin();
  };
  return {
    show: async (ranking) =>
      showSome(served, stream.requests[ranking], {
        slots: stream.slots,
        seed: seedOf(ranking),
      }),
    async learn(ranking, shown, clicks) {
      const seed = seedOf(ranking);
      const slate = loggedOfSent(served, stream.requests[ranking], shown, {
        number: ranking,
        seed,
        clicks,
      });
      log.push(slate);
      if (clicks.includes(1)) rewarded++;
      if (online !== undefined) {
        const after = { reward: Float64Array.from(clicks), passed: 1 };
        const propensity = shown[0].propensity;
        learnFrom(online.problem, online.posterior, { codes: slate.codes, propensity, after });
        if (log.length % rankingsPerChange === 0)
          served = addDeltas(champion, deltasOf(online.problem, online.posterior));
      } else if (rewarded >= minimumRewarded) begin();
      if (log.length % rankingsPerTraining === 0) await train();
    },
  };
}
