import type { CrossBudget } from '../../backend/science/training/choose-crosses.ts';
import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import { calibrateOnline } from '../../backend/science/learn/online/calibration.ts';
import { deltasOf } from '../../backend/science/learn/online/deltas-of.ts';
import {
  afterTurn,
  learnFrom,
  nothingLearned,
  onlineProblem,
  type OnlinePosterior,
  type OnlineProblem,
} from '../../backend/science/learn/online/online-learner.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import { versionOf } from '../../shared/domain/ids.ts';
import { addDeltas } from '../../shared/score/add-deltas.ts';
import type { AdditiveScorer } from '../../shared/score/scorer.ts';
import { learnDirectly } from './learn-directly.ts';

export interface LearningSetup {
  readonly rankingsPerTraining: number;
  /** Learning as people click, as `onlineLearning` sets it up; absent: trainings alone. */
  readonly online?: {
    readonly minimumRewarded: number;
    readonly spread: number;
    /** Rankings between two changes of the weights that are served: at some ten rankings a second, those of two seconds. */
    readonly rankingsPerChange: number;
  };
  /** Of trainings; absent: no crosses are learned. */
  readonly crosses?: CrossBudget;
}

/** Rankings by which it is measured what slots and slates of one do. */
const MEASURED_ON = 5000;

/**
 * A site in direct mode: trainings that the gate alone makes champion, and, where it is set up so, learning from each ranking in
 * between. Every click is known at once; there is no trust region, as nobody attacks it.
 */
export class LearningSite {
  readonly #setup: LearningSetup;
  readonly #log: LoggedSlate[] = [];
  #champion: AdditiveScorer;
  #served: AdditiveScorer;
  #online: { readonly problem: OnlineProblem; readonly posterior: OnlinePosterior } | undefined;
  #rewarded = 0;

  constructor(rules: AdditiveScorer, setup: LearningSetup) {
    this.#setup = setup;
    this.#champion = rules;
    this.#served = rules;
  }

  /** The champion with what was learned since. */
  get served(): AdditiveScorer {
    return this.#served;
  }

  async learn(slate: LoggedSlate): Promise<void> {
    const { online, rankingsPerTraining } = this.#setup;
    this.#log.push(slate);
    if (slate.tallies.some((tally) => (tally?.click ?? 0) > 0)) this.#rewarded++;
    if (online !== undefined) this.#learnOnline(slate, online);
    if (this.#log.length % rankingsPerTraining === 0) await this.#train();
  }

  #learnOnline(
    slate: LoggedSlate,
    { minimumRewarded, spread, rankingsPerChange }: NonNullable<LearningSetup['online']>,
  ): void {
    if (this.#online === undefined) {
      if (this.#rewarded >= minimumRewarded) this.#begin(spread);
      return;
    }
    const { problem, posterior } = this.#online;
    const after = { reward: clicksOf(slate), passed: 1 };
    const propensity = slate.propensities[0];
    learnFrom(problem, posterior, { codes: slate.codes, propensity, after });
    if (this.#log.length % rankingsPerChange !== 0) return;
    this.#online = afterTurn(problem, posterior, spread) ?? this.#online;
    this.#served = addDeltas(
      this.#champion,
      deltasOf(this.#online.problem, this.#online.posterior),
    );
  }

  #begin(spread: number): void {
    const calibration = calibrateOnline(this.#setOf(this.#log.slice(-MEASURED_ON)), this.#champion);
    // Nobody has left anything unclicked yet: a slate of one says nothing beside others like it.
    if (calibration.aloneWeight === 0 && this.#log.every(({ itemIds }) => itemIds.length === 1))
      return;
    const problem = onlineProblem(this.#champion, calibration, spread);
    this.#online = { problem, posterior: nothingLearned(problem) };
  }

  async #train(): Promise<void> {
    const { online, crosses, rankingsPerTraining } = this.#setup;
    const { scorer, gate } = await learnDirectly(
      this.#setOf(this.#log),
      this.#log,
      this.#champion,
      { startFrom: this.#served, ...(crosses && { crosses }) },
    );
    if (gate.verdict !== 'promote') return;
    this.#champion = {
      ...(scorer as AdditiveScorer),
      version: versionOf(this.#log.length / rankingsPerTraining),
    };
    this.#served = this.#champion;
    if (online !== undefined && this.#rewarded >= online.minimumRewarded)
      this.#begin(online.spread);
  }

  #setOf(slates: readonly LoggedSlate[]) {
    return packTrainingSet(
      this.#champion.schema,
      slates.map((slate) => {
        const { at, sessionId, codes, propensities } = slate;
        return { at, sessionId, codes, propensities, reward: clicksOf(slate) };
      }),
    );
  }
}

const clicksOf = ({ tallies }: LoggedSlate): Float64Array =>
  Float64Array.from(tallies, (tally) => tally?.click ?? 0);
