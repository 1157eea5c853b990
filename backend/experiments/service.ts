import { settingAt, type PlacementSettings } from '../models/placement-settings.ts';
import { describeInForce, type RewardPolicy } from '../reward/in-force.ts';
import { idInForce, weightsForExperiment } from '../reward/weights-for-experiment.ts';
import type { LivePointerService } from '../models/live-pointer-service.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Versions } from '../models/versions.ts';
import type { Database } from '../store/connect.ts';
import type { Store } from '../store/open.ts';
import type { Account } from '../log/account/account.ts';
import { collectorOf, type Collector } from './collector.ts';
import { experimentsOf, type Experiments } from './experiments.ts';
import { followRamps } from './follow-ramps.ts';
import type { ExperimentSettings } from './settings.ts';
import { freezeReports, type ReportDeps } from './reports.ts';
import { stopOutdated } from './stop-outdated.ts';
import { trainArms, type TrainArmsDeps } from './train-arms.ts';

/** Experiments with everything that they need. */
export interface ExperimentService {
  readonly experiments: Experiments;
  readonly reports: ReportDeps;
  readonly collectWithin: Collector['collectWithin'];
  /** To be called before a part of the log is deleted: stores what it shows now. */
  freeze(): Promise<void>;
  jobs(train: TrainArmsDeps['train'], trainingSchedule: string): Job[];
  stop(): Promise<void>;
}

export interface ExperimentServiceDeps {
  readonly store: Store;
  readonly database: Database;
  readonly versions: Versions;
  readonly livePointer: Pick<LivePointerService, 'refreshTraffic'>;
  readonly account: Account;
  /** How long the log is kept. */
  readonly retentionDays: number;
  /** How long units and outcomes are kept: longer than the log. */
  readonly keptDays: number;
  /** Whether learned metric weights are in force where nothing overrides them. */
  readonly rewardPolicy: RewardPolicy;
  readonly placements: PlacementSettings;
  readonly ownMetrics: ExperimentSettings['metrics'];
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

export function experimentServiceOf(deps: ExperimentServiceDeps): ExperimentService {
  const { store, database, versions, livePointer, account, keptDays, rewardPolicy, nowMs, log } =
    deps;
  const { ownMetrics } = deps;
  const experiments = experimentsOf({
    store,
    refreshTraffic: livePointer.refreshTraffic,
    weightsInForce: async (version) => {
      const { schema } = await versions.load(version);
      return idInForce(await describeInForce(store, schema, nowMs(), { rewardPolicy }));
    },
    ownMetrics,
    layerAt: (placement) => settingAt(deps.placements, placement)?.layer,
    nowMs,
  });
  const collector = collectorOf({ store, database, account, nowMs });
  const reports: ReportDeps = {
    store,
    collect: collector.collect,
    collectStored: collector.collectStored,
    storeUnits: collector.storeUnits,
    account: account.version,
    async weightsOf(experiment) {
      const { explanation, ...weights } = await weightsForExperiment(
        store,
        experiment,
        nowMs(),
        rewardPolicy,
      );
      // Stored reports and the API call the explanation `told`.
      return { ...weights, told: explanation };
    },
    retentionDays: deps.retentionDays,
    keptDays,
    nowMs,
  };
  return {
    experiments,
    reports,
    collectWithin: collector.collectWithin,
    freeze: async () => void (await freezeReports(reports)),
    jobs: (train, schedule) => [
      {
        name: 'experiments of an earlier account',
        schedule: '*/10 * * * *',
        leaderOnly: true,
        run: () => stopOutdated({ reports, experiments, log }),
      },
      {
        name: 'ramps of experiments',
        schedule: '* * * * *',
        leaderOnly: true,
        run: () => followRamps({ store, account, reports, experiments, log, nowMs }),
      },
      {
        name: 'training of experiments’ arms',
        schedule,
        leaderOnly: true,
        async run() {
          await trainArms({ store, experiments, train, log });
        },
      },
    ],
    stop: collector.stop,
  };
}
