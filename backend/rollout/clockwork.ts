import { Cron } from 'croner';
import { ApiError } from '../../shared/domain/errors.ts';
import { messageOf } from '../log.ts';
import type { SnapshotPublisher } from '../publish/snapshot-publisher.ts';
import type { TrainingDataRoom } from '../training-data/training-data.ts';
import type { Rollout } from './apply.ts';
import type { Trainer } from './trainer.ts';

/** What happens by itself. */
export interface Job {
  readonly name: string;
  /** Cron pattern, UTC; an empty one never comes. */
  readonly schedule: string;
  run(): Promise<void>;
  /** Only one of several backends does it. */
  readonly leaderOnly: boolean;
}

export interface Clockwork {
  /** What keeps the pointer from being looked at; undefined while nothing does. */
  problem(): string | undefined;
  /** Epoch ms; null where training starts by hand only. */
  nextTrainingAt(): number | null;
  stop(): Promise<void>;
}

export interface ClockworkDeps {
  readonly rollout: Rollout;
  readonly snapshots: SnapshotPublisher;
  readonly trainer: Trainer;
  readonly trainingData: Pick<TrainingDataRoom, 'prune'>;
  /** Cron patterns, UTC; an empty one never comes. */
  readonly watchSchedule: string;
  readonly trainingSchedule: string;
  readonly pruneSchedule: string;
  readonly jobs: readonly Job[];
  readonly log: (message: string) => void;
}

/**
 * What happens by itself: the pointer is watched, what failed to publish is tried again, and every day what is
 * older than the retention is deleted and training runs.
 */
export function startClockwork(deps: ClockworkDeps): Clockwork {
  const { rollout, snapshots, trainer, trainingData, log } = deps;
  let problem: string | undefined = 'the pointer was not looked at yet';
  let looking: Promise<void> = Promise.resolve();

  const look = async () => {
    try {
      await rollout.watch();
      problem = undefined;
    } catch (error) {
      const message = messageOf(error);
      const isForeseen = error instanceof ApiError || !(error instanceof Error);
      if (message !== problem) log(`watch: ${isForeseen ? message : error.stack}`);
      problem = message;
    }
    snapshots.retry();
  };
  const train = async () => {
    try {
      log(`daily training: run ${await trainer.start({})}`);
    } catch (error) {
      log(`daily training did not start: ${messageOf(error)}`);
    }
  };
  const prune = async () => {
    try {
      const { before, decisions, partitions } = await trainingData.prune();
      log(
        `daily pruning: ${decisions} rankings and ${partitions} partitions from before ${new Date(before).toISOString()}`,
      );
    } catch (error) {
      log(`daily pruning failed: ${messageOf(error)}`);
    }
  };
  const options = { timezone: 'UTC', protect: true, catch: true };
  const watching = new Cron(deps.watchSchedule, options, () => (looking = look()));
  const training =
    deps.trainingSchedule === '' ? undefined : new Cron(deps.trainingSchedule, options, train);
  const pruning =
    deps.pruneSchedule === '' ? undefined : new Cron(deps.pruneSchedule, options, prune);
  const running = new Set<Promise<void>>();
  const crons = deps.jobs
    .filter(({ schedule }) => schedule !== '')
    .map(
      (job) =>
        new Cron(job.schedule, options, async () => {
          const under = job
            .run()
            .catch((error: unknown) => log(`${job.name} failed: ${messageOf(error)}`));
          running.add(under);
          await under;
          running.delete(under);
        }),
    );
  snapshots.changed();
  looking = look();
  return {
    problem: () => problem,
    nextTrainingAt: () => training?.nextRun()?.getTime() ?? null,
    async stop() {
      watching.stop();
      training?.stop();
      pruning?.stop();
      for (const cron of crons) cron.stop();
      await looking;
      await Promise.all(running);
    },
  };
}
