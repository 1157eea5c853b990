import type { TrainingDataRoom } from '../log/training-data.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { LearnerName } from '../science/learn/learners/learner.ts';
import type { RolloutSettings } from '../rollouts/settings.ts';
import type { Rollouts } from '../rollouts/rollouts.ts';
import type { Trainer } from './trainer.ts';

export const DAILY_TRAINING = 'daily training';

/** The daily training that starts from the champion, the weekly one that starts from the rules, the decisions of rollouts, and pruning. */
export function jobsOf(deps: {
  readonly config: {
    /** Cron patterns, UTC; empty: never, only by hand. */
    readonly trainingSchedule: string;
    readonly fullTrainingSchedule: string;
    readonly pruneSchedule: string;
    readonly watchSchedule: string;
    readonly trainingWindowDays: number;
    readonly fullTrainingLearner: LearnerName;
    readonly rollout: Pick<RolloutSettings, 'schedule'>;
  };
  readonly trainer: Pick<Trainer, 'start' | 'closeInterrupted'>;
  readonly trainingData: Pick<TrainingDataRoom, 'prune'>;
  readonly rollouts: Pick<Rollouts, 'advance'>;
  readonly leader: Pick<Lease, 'held'>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): Job[] {
  const { config, trainer, trainingData, rollouts, leader, nowMs, log } = deps;
  const job = (name: string, schedule: string, run: () => Promise<void>): Job => ({
    name,
    schedule,
    run,
    leaderOnly: true,
  });
  return [
    job(DAILY_TRAINING, config.trainingSchedule, async () => {
      const from = nowMs() - config.trainingWindowDays * DAY_MS;
      log(`${DAILY_TRAINING}: run ${await trainer.start({ from })}`);
    }),
    job('weekly full training', config.fullTrainingSchedule, async () => {
      const asked = { afresh: true, learner: config.fullTrainingLearner, name: 'learned afresh' };
      log(`weekly full training: run ${await trainer.start(asked)}`);
    }),
    job('rollout decisions', config.rollout.schedule, async () => {
      await rollouts.advance(leader.held);
    }),
    job('pruning', config.pruneSchedule, async () => {
      const { before, decisions, partitions } = await trainingData.prune();
      log(
        `pruning: ${decisions} rankings and ${partitions} partitions from before ${new Date(before).toISOString()}`,
      );
    }),
    job('closing of interrupted runs', config.watchSchedule, () => trainer.closeInterrupted()),
  ];
}
