import type { TrainingDataService } from '../log/training-data.ts';
import type { Schedule } from '../scheduler/repeat.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { TrainingDataSettings } from '../log/settings.ts';
import type { RolloutSettings } from '../rollouts/settings.ts';
import type { Rollouts } from '../rollouts/rollouts.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { PlacementSettings } from '../models/placement-settings.ts';
import { inItsTurn } from './train-with-policy.ts';
import type { Trainer } from './trainer.ts';
import type { TrainingSettings } from './train/settings.ts';

export const DAILY_TRAINING = 'daily training';

/** The daily training that starts from the champion, the weekly one that starts from the rules, the decisions of rollouts, and pruning. */
export function jobsOf(deps: {
  readonly config: {
    readonly training: TrainingSettings;
    readonly trainingData: Pick<TrainingDataSettings, 'pruneSchedule'>;
    readonly watchEveryMs: number;
    readonly rollout: Pick<RolloutSettings, 'schedule'>;
    readonly placements: PlacementSettings;
  };
  readonly trainer: Pick<Trainer, 'start' | 'closeInterrupted'>;
  readonly trainingData: Pick<TrainingDataService, 'prune' | 'pruneOwnFolder'>;
  readonly rollouts: Pick<Rollouts, 'advance'>;
  readonly leader: Pick<Lease, 'held' | 'isHeld'>;
  /** One backend after the other: folders may be shared. */
  readonly inTurn: (job: () => Promise<void>) => Promise<void>;
  readonly log: (message: string) => void;
}): Job[] {
  const { config, trainer, trainingData, rollouts, leader, inTurn, log } = deps;
  const { training } = config;
  const job = (name: string, schedule: Schedule, run: () => Promise<void>): Job => ({
    name,
    schedule,
    run,
    leaderOnly: true,
  });
  /** One lineage after the other, as one run is under way at a time. */
  const ofPlacements = async (name: string, asked: Parameters<Trainer['start']>[0]) => {
    for (const placement of Object.keys(config.placements)) {
      try {
        const run = await inItsTurn(() => trainer.start({ ...asked, placement }));
        log(`${name} of placement ${placement}: run ${run}`);
      } catch (error) {
        // The other lineages are trained all the same.
        log(`${name} of placement ${placement}: ${messageOf(error)}`);
      }
    }
  };
  const ofAll = async (name: string, asked: Parameters<Trainer['start']>[0]) => {
    try {
      log(`${name}: run ${await trainer.start(asked)}`);
    } finally {
      // Those of placements follow also where that of the default lineage could not begin.
      await ofPlacements(name, asked);
    }
  };
  return [
    job(DAILY_TRAINING, training.schedule, async () => {
      await ofAll(DAILY_TRAINING, {});
    }),
    job('weekly full training', training.fullSchedule, async () => {
      const asked = {
        fromRules: true,
        retained: true,
        learner: training.fullLearner,
        name: 'learned from the rules',
      };
      await ofAll('weekly full training', asked);
    }),
    job('rollout decisions', config.rollout.schedule, async () => {
      await rollouts.advance(leader.held);
    }),
    {
      name: 'pruning',
      schedule: config.trainingData.pruneSchedule,
      leaderOnly: false,
      run: () =>
        inTurn(async () => {
          if (!leader.isHeld()) return trainingData.pruneOwnFolder();
          const { before, decisions, partitions } = await trainingData.prune();
          log(
            `pruning: ${decisions} rankings and ${partitions} partitions from before ${new Date(before).toISOString()}`,
          );
        }),
    },
    job('closing of interrupted runs', config.watchEveryMs, () => trainer.closeInterrupted()),
  ];
}
