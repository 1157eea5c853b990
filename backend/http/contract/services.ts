import type { Schema } from '../../../shared/features/schema.ts';
import type { MetricLearning } from '../../runs/metric-weights/metric-learning.ts';
import type { Publisher } from '../../models/publisher.ts';
import type { SnapshotPublisher } from '../../catalogue/snapshot-publisher.ts';
import type { Rollout } from '../../models/apply.ts';
import type { Rollouts } from '../../rollouts/rollouts.ts';
import type { Trainer } from '../../runs/train/trainer.ts';
import type { Versions } from '../../models/versions.ts';
import type { Store } from '../../store/open.ts';
import type { Account } from '../../log/account/account.ts';
import type { TrainingDataRoom } from '../../log/training-data.ts';
import type { Evaluations } from '../../runs/evaluate/evaluations.ts';
import type { Experiments } from '../../experiments/experiments.ts';
import type { ReportDeps } from '../../experiments/reports.ts';
import type { Metrics } from '../../process/metrics.ts';

/** What the routes call. */
export interface Services {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly versions: Versions;
  readonly rollout: Rollout;
  readonly rollouts: Rollouts;
  readonly snapshots: SnapshotPublisher;
  readonly trainer: Trainer;
  readonly account: Account;
  readonly trainingData: TrainingDataRoom;
  readonly evaluations: Evaluations;
  readonly experiments: Experiments;
  readonly reports: ReportDeps;
  readonly metricLearning: MetricLearning;
  readonly metrics: Metrics;
  readonly secretKeys: readonly string[];
  readonly ingestSecret: string;
  /** Of the champion: what items must fit. */
  readonly liveSchema: () => Promise<Schema>;
  /** What keeps the edge from being up to date, for people; none when all is well. */
  readonly problems: () => Promise<string[]>;
  /** Gauges that are read when somebody asks. */
  readonly refreshGauges: () => Promise<void>;
  /** Epoch ms of the next scheduled training. */
  readonly nextTrainingAt: () => number | null;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}
