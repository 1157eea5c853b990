import type { ItemId } from '../../../shared/domain/ids.ts';
import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { NewestFirst } from '../../../shared/domain/secrets.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import type { Channel } from '../../monitor/channel.ts';
import type { Business } from '../../business/service.ts';
import type { ObjectiveSettings } from '../../monitor/objectives/settings.ts';
import type { Costs } from '../../costs/service.ts';
import type { Check } from '../../doctor/check.ts';
import type { EdgeProbe } from '../../monitor/edge-probe.ts';
import type { RankingRoom } from '../../offline/ranking-room.ts';
import type { AccessKeys } from '../../access/keys.ts';
import type { KeyPublisher } from '../../access/publish-keys.ts';
import type { Login } from '../../login/service.ts';
import type { MetricLearning } from '../../runs/metric-weights/metric-learning.ts';
import type { Publisher } from '../../models/publisher.ts';
import type { ExchangeRatesService } from '../../catalogue/trade/exchange-rates.ts';
import type { Feeds } from '../../catalogue/feeds/feeds.ts';
import type { readRelatedItem } from '../../catalogue/related/related-item.ts';
import type { SnapshotPublisher } from '../../catalogue/snapshot-publisher.ts';
import type { LivePointerService } from '../../models/live-pointer-service.ts';
import type { PlacementSettings } from '../../models/placement-settings.ts';
import type { Rollouts } from '../../rollouts/rollouts.ts';
import type { OnlineLearning } from '../../runs/online/online-job.ts';
import type { StandingHoldout } from '../../runs/online/standing-holdout.ts';
import type { Trainer } from '../../runs/trainer.ts';
import type { Versions } from '../../models/versions.ts';
import type { Store } from '../../store/open.ts';
import type { Upgrade } from '../../store/upgrade/finalize.ts';
import type { OperatorRules } from '../../models/slate-rules.ts';
import type { Apprentice } from '../../apprentice/service.ts';
import type { Account } from '../../log/account/account.ts';
import type { DataReview } from '../../log/review/service.ts';
import type { EdgeKey } from '../../log/identity/edge-key.ts';
import type { ErasureJournal } from '../../log/partitions/journal.ts';
import type { Places } from '../../log/retention/shown-receipt.ts';
import type { PrivacySettings } from '../../log/retention/settings.ts';
import type { TrainingDataService } from '../../log/training-data.ts';
import type { RewardPolicy } from '../../reward/in-force.ts';
import type { Evaluations } from '../../runs/evaluate/evaluations.ts';
import type { Experiments } from '../../experiments/experiments.ts';
import type { ReportDeps } from '../../experiments/reports.ts';
import type { RecordInputs } from '../../reports/privacy/record-of-processing.ts';
import type { LiveBackend } from '../../scheduler/live-backends.ts';
import type { RoleName } from '../../scheduler/roles.ts';
import type { Metrics } from '../../process/metrics.ts';
import type { Tracing } from '../../process/tracing.ts';

/** What the routes need. */
export interface Services {
  readonly store: Store;
  readonly upgrade: Upgrade;
  readonly costs: Costs;
  /** Looks at every part of the system. */
  readonly examine: () => Promise<Check[]>;
  readonly publisher: Publisher;
  readonly versions: Versions;
  /** @returns undefined where the edge does not answer. */
  readonly edgeReadsCrosses: () => Promise<boolean | undefined>;
  readonly livePointer: LivePointerService;
  /** Placements that the configuration gives a lineage of their own. */
  readonly placements: PlacementSettings;
  /** Why some of them have none yet, as far as this backend knows. */
  readonly lineageProblems: () => ReadonlyMap<string, string>;
  readonly rollouts: Rollouts;
  readonly apprentice: Apprentice;
  readonly operatorRules: OperatorRules;
  readonly feeds: Feeds;
  readonly exchangeRates: ExchangeRatesService;
  /** Epoch ms of a feed's next scheduled reading. */
  readonly nextFeedAt: (name: string) => number | null;
  readonly business: Business;
  readonly review: Pick<DataReview, 'anomalies' | 'sessions' | 'spread' | 'exposure'>;
  readonly snapshots: SnapshotPublisher;
  /** See `readRelatedItem`. */
  readonly readRelated: (id: ItemId) => ReturnType<typeof readRelatedItem>;
  readonly trainer: Trainer;
  readonly onlineLearning: Pick<OnlineLearning, 'waiting'>;
  readonly account: Account;
  readonly trainingData: TrainingDataService;
  readonly journal: ErasureJournal;
  readonly privacy: PrivacySettings;
  readonly places: Places;
  readonly processing: RecordInputs;
  /** Whether learned metric weights make the reward. */
  readonly rewardPolicy: RewardPolicy;
  readonly evaluations: Evaluations;
  /** What was learned as people clicked, against those who were held out of it. */
  readonly standingHoldout: () => Promise<StandingHoldout>;
  readonly experiments: Experiments;
  readonly reports: ReportDeps;
  readonly metricLearning: MetricLearning;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** What this backend does. */
  readonly roles: readonly RoleName[];
  /** All that are alive on this database, this one too. */
  readonly backends: () => Promise<readonly LiveBackend[]>;
  readonly secretKeys: readonly string[];
  /** Those that operators made, by name. */
  readonly keys: AccessKeys;
  readonly keyPublisher: KeyPublisher;
  readonly login: Login;
  readonly edgeProbe: Pick<EdgeProbe, 'probes'>;
  readonly objectiveSettings: ObjectiveSettings;
  readonly alertChannels: readonly Channel[];
  readonly rankings: Pick<RankingRoom, 'preview' | 'past'>;
  readonly ingestSecrets: NewestFirst<string>;
  readonly catalogueSecrets: readonly string[];
  /** New ids of sessions and users are keyed by the first. */
  readonly identity: NewestFirst<IdentityKey>;
  readonly edgeKey: EdgeKey;
  /** The champion's schema, which items must match. */
  readonly liveSchema: () => Promise<Schema>;
  /** The one that the configuration file names, live or not. */
  readonly configuredSchema: Schema | undefined;
  /** Packs the stored catalogue by a schema. @returns its items. @throws ApiError 400 naming what does not fit. */
  readonly checkCatalogue: (schema: Schema) => Promise<number>;
  /** Reasons why the edge may not be up to date, as sentences; none when all is well. */
  readonly problems: () => Promise<string[]>;
  /** Sets the gauges of the current state. */
  readonly refreshGauges: () => Promise<void>;
  /** Epoch ms of the next scheduled training. */
  readonly nextTrainingAt: () => number | null;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}
