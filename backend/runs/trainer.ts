import { desc, sql } from 'drizzle-orm';
import type { RewardPolicy } from '../reward/in-force.ts';
import type { RolloutMode } from '../rollouts/settings.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { FitMethod } from '../science/learn/fit-method.ts';
import { LEARNERS, type LearnerName } from '../science/learn/learners/learner.ts';
import { runs } from '../store/tables.ts';
import { comparisonJob } from './compare/comparison-job.ts';
import { closeInterrupted } from './shell/close-interrupted.ts';
import { runsOneAtATime, type Run } from './shell/one-at-a-time.ts';
import { runSourceOf, type RunSourceAsked, type RunSourceDeps } from './shell/run-source.ts';
import { startRun, type RunDeps } from './shell/run.ts';
import { windowDaysOf, type TrainingSettings } from './train/settings.ts';
import { trainingJob, type TrainingDeps } from './train/training-job.ts';
import { learnedScorer } from './online/learned-scorer.ts';

interface TrainingAsked extends RunSourceAsked {
  /** Default additive. */
  readonly learner?: LearnerName;
  readonly method?: FitMethod;
  readonly publish?: boolean;
  /** How what passes the gate goes live; else as configured. */
  readonly rollout?: RolloutMode;
  readonly name?: string;
  /** Starts from the rules and not from the champion; the version must still beat the champion. */
  readonly fromRules?: boolean;
}

/** Options of a comparison of learners, which stores and publishes nothing. */
interface ComparisonAsked extends RunSourceAsked {
  /** Default all. */
  readonly learners?: readonly LearnerName[];
  /** Of a cross-validation by visitor; default none. */
  readonly folds?: number;
  readonly seed?: number;
}

/** Starts runs that train or compare, one at a time. */
export interface Trainer {
  /** @throws ApiError 404 for an unknown version or schema, 409 `training_running`. */
  start(asked: TrainingAsked): Promise<string>;
  /** Compares learners, in a run of its own. @throws as `start` */
  compare(asked: ComparisonAsked): Promise<string>;
  running(): string | undefined;
  /** The newest run that trained. */
  last(): Promise<Run | undefined>;
  /** Marks the runs of backends that are gone as failed. */
  closeInterrupted(): Promise<void>;
  /** The process is about to end: a run under way is left to `closeInterrupted` of the next one. */
  abandon(): void;
}

export interface TrainerDeps
  extends
    RunDeps,
    TrainingDeps,
    Omit<RunSourceDeps, 'retentionDays' | 'windowDays' | 'versions' | 'placements'> {
  readonly training: Pick<TrainingSettings, 'windows' | 'windowDays' | 'gate' | 'crosses'>;
  readonly versions: RunSourceDeps['versions'];
  /** Whether learned metric weights are the reward, where nothing overrides them. */
  readonly rewardPolicy: RewardPolicy;
  /** Whether the site keeps its own order everywhere: nobody sees what goes live, so that visitors can decide nothing. */
  readonly isApprentice: () => Promise<boolean>;
  /** Of a run that trained. */
  readonly onFinished: (run: Run) => void;
}

/** What was learned as people clicked is where the next training starts. */
async function startFromLearned(store: TrainerDeps['store'], parent: Scorer) {
  const startFrom = await learnedScorer(store, parent);
  return startFrom && { startFrom };
}

export function trainer(deps: TrainerDeps): Trainer {
  const { store, trainingData, versions, nowMs, log } = deps;
  const { retentionDays } = trainingData.settings;
  const sourceOf = (asked: RunSourceAsked, learners: readonly LearnerName[]) =>
    runSourceOf(
      { ...deps, retentionDays, windowDays: windowDaysOf(deps.training, learners) },
      asked,
    );
  const { start, running, abandon } = runsOneAtATime(store, log);
  return {
    start: (asked) =>
      start(async () => {
        const learner = asked.learner ?? 'additive';
        const source = await sourceOf(asked, [learner]);
        const rollout = asked.rollout ?? ((await deps.isApprentice()) ? 'direct' : undefined);
        const request = {
          ...source,
          learner,
          ...(asked.method && { method: asked.method }),
          ...(rollout && { rollout }),
          ...(asked.fromRules
            ? { startFrom: await versions.oldestOf(source.parent.schema.hash) }
            : source.placement === undefined && (await startFromLearned(store, source.parent))),
          name: asked.name ?? 'learned',
          publish: asked.publish ?? true,
        };
        return startRun(deps, trainingJob(deps, request));
      }, deps.onFinished),

    compare: (asked) =>
      start(async () => {
        const learners = asked.learners ?? LEARNERS;
        const request = {
          ...(await sourceOf(asked, learners)),
          learners,
          ...(asked.folds !== undefined && { folds: asked.folds }),
          ...(asked.seed !== undefined && { seed: asked.seed }),
        };
        return startRun(deps, comparisonJob(deps, request));
      }),

    running,
    abandon,

    async last() {
      const [run] = await store.db
        .select()
        .from(runs)
        .where(sql`json_extract(${runs.params}, '$.kind') is null`)
        .orderBy(desc(runs.startedAt))
        .limit(1);
      return run;
    },

    closeInterrupted: () => closeInterrupted(store, deps.backend, nowMs),
  };
}
