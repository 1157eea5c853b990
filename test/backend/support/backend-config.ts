import { join } from 'node:path';
import { catalogue } from '../../../backend/catalogue/settings.ts';
import type { BackendConfig } from '../../../backend/config/config.ts';
import { DEMO } from '../../../backend/config/demo.ts';
import { costs } from '../../../backend/costs/settings.ts';
import { parsePrivacy } from '../../../backend/log/retention/settings.ts';
import { parseTrainingData } from '../../../backend/log/settings.ts';
import { storedBatches } from '../../../backend/log/stored-batches/settings.ts';
import { ROLES } from '../../../backend/scheduler/roles.ts';
import { dashboard } from '../../../backend/login/settings.ts';
import { parseSettings } from '../../../backend/settings/parse-settings.ts';
import { notices } from '../../../backend/monitor/notice-settings.ts';
import { parseObjectives } from '../../../backend/monitor/objectives/settings.ts';
import { parseMonitors } from '../../../backend/monitor/settings.ts';
import { DEFAULT_METRIC_WEIGHTS } from '../../../backend/reward/settings.ts';
import { parseRollout } from '../../../backend/rollouts/settings.ts';
import { parseOnline } from '../../../backend/runs/online/settings.ts';
import type { TrainingSettings } from '../../../backend/runs/train/settings.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';

export const SECRET_KEY = 'sk_test_key_of_the_tests';
export const IDENTITY_SECRET = 'identity secret of the tests';
export const INGEST_SECRET = 'ingest secret of the tests';
/** Training starts by hand only. */
export const NO_TRAINING: TrainingSettings = {
  schedule: '',
  windows: { additive: 30, forest: 60, mlp: 90 },
  fullSchedule: '',
  fullLearner: 'boosted',
  crosses: { pairs: 8, weights: 2048 },
  gate: { minCover: 0.8, maxCost: 20 },
};

/** A backend that does nothing by the clock, and takes what trains to everybody at once. */
export const testConfig = ({
  folder,
  databaseUrl,
  edgeUrl,
}: {
  /** Of its own, for what it keeps beside the database. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly edgeUrl: string;
}): BackendConfig => ({
  host: '127.0.0.1',
  port: 0,
  database: { url: databaseUrl },
  edgeUrl,
  secretKeys: [SECRET_KEY],
  ingestSecrets: [INGEST_SECRET],
  catalogueSecrets: [],
  identitySecrets: [IDENTITY_SECRET],
  roles: ROLES,
  logStore: undefined,
  storedBatches: parseSettings(storedBatches, {}),
  schema: smarttrip,
  hasOwnSchema: false,
  catalogue: catalogue.parse({}),
  placements: {},
  feeds: [],
  feedUrls: {},
  training: NO_TRAINING,
  rollout: parseRollout({ mode: 'direct', schedule: '' }),
  erasureFolder: join(folder, 'erasures'),
  privacy: parsePrivacy({}),
  trainingStore: { kind: 'folder', path: join(folder, 'training-data') },
  trainingData: parseTrainingData({ ...DEMO.trainingData, pruneSchedule: '' }),
  experiments: { metrics: [] },
  metricWeights: DEFAULT_METRIC_WEIGHTS,
  learnedColumns: { schedule: '', maxRankings: 100_000, keepDays: 3 },
  onlineLearning: parseOnline({ enabled: false }),
  objectives: parseObjectives({}),
  monitors: parseMonitors({
    schedule: '',
    dailySchedule: '',
    reportSchedule: '',
    edgeProbeSeconds: 0,
  }),
  alertAddresses: { webhook: undefined, slack: undefined, teams: undefined, smtp: undefined },
  notices: parseSettings(notices, {}),
  oidcClientSecret: undefined,
  outbound: { privateHosts: [] },
  traceAddress: undefined,
  traces: { share: 0 },
  dashboard: parseSettings(dashboard, { attemptsPerMinute: 10_000 }),
  costs: parseSettings(costs, {}),
  watchEveryMs: 200,
  probeEveryMs: 3000,
  firstPageCheckMs: 5000,
  kv: { keepHours: 24, keepVersions: 20, cleanSchedule: '' },
  kvSettleMs: 0,
  republishQuietMs: 20,
  republishWithinMs: 200,
});
