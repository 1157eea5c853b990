import { z } from 'zod';
import { experimentSettings } from '../experiments/settings.ts';
import { exchangeRates, markets } from '../catalogue/trade/settings.ts';
import { catalogue } from '../catalogue/settings.ts';
import { costs } from '../costs/settings.ts';
import { privacy } from '../log/retention/settings.ts';
import { trainingData } from '../log/settings.ts';
import { storedBatches } from '../log/stored-batches/settings.ts';
import { areRoles, ROLES } from '../scheduler/roles.ts';
import { learnedColumns } from '../log/learned-columns/settings.ts';
import { notices } from '../monitor/notice-settings.ts';
import { objectives } from '../monitor/objectives/settings.ts';
import { monitors } from '../monitor/settings.ts';
import { kvSettings } from '../models/kv-settings.ts';
import { placementSettings } from '../models/placement-settings.ts';
import { dashboard } from '../login/settings.ts';
import { outbound } from '../outbound/settings.ts';
import { traces } from '../outbound/trace-settings.ts';
import { metricWeights } from '../reward/settings.ts';
import { rollout } from '../rollouts/settings.ts';
import { onlineLearning } from '../runs/online/settings.ts';
import { training } from '../runs/train/settings.ts';
import { atLeastOne, count, group, problem } from '../settings/fields.ts';

/** All that a configuration file may hold. */
export const settings = group({
  /** File of the schema, as `trimtab schema check` checks it; else that of trips. The first start makes the rules (`v000000`) from it; later `trimtab schema apply` brings another one in. */
  schema: z
    .string()
    .min(1)
    .optional()
    .meta({ examples: ['./schema.json'], description: 'the name of a file, relative to this one' }),
  /** What this backend does: `serve` answers everybody, `ingest` takes in the log, `train` does what is done by the clock (training, rollouts, publishing, alerts, pruning). Every backend answers for its own health. Of several, one at least does each; by default each does all. */
  roles: z
    .array(z.enum(ROLES))
    .min(1)
    .refine(areRoles, 'names one of them twice')
    .readonly()
    .default(ROLES),
  /** How the catalogue is read. */
  catalogue,
  /** Markets by name, as `context.market` of requests has it, and what each stands for. Requests that name none are of the first. */
  markets: markets.meta({
    examples: [
      { DE: { currency: 'EUR', language: 'de' }, US: { currency: 'USD', language: 'en' } },
    ],
  }),
  /** What one unit of a currency is worth in others: written here, or read from an address or a file on a schedule (UTC). An alert opens where rates are refused, as one changed by more than `maxChange` times, and where those in force are older than `maxAgeDays`. */
  exchangeRates: exchangeRates.meta({
    examples: [{ base: 'EUR', perBase: { USD: 1.08, CHF: 0.95 } }],
  }),
  /** When models are trained, and on what. */
  training,
  /** Which events count, how much data training needs, and how long the log is stored. */
  trainingData,
  /** How batches are taken from the bucket of TRIMTAB_LOG_STORE, where there is one. */
  storedBatches,
  /** What is learned of each item from the log, for features that read it. */
  learnedColumns,
  /** How a new version goes live. */
  rollout,
  /** Placements with a lineage of their own: weights that are trained from their rankings alone, with a gate, a canary and experiments of their own. All others are of one lineage. */
  placements: placementSettings,
  /** Metrics of your own for experiments on live traffic. */
  experiments: experimentSettings,
  /** What metric weights are learned for and from, when, and whether they become the reward. */
  metricWeights,
  /** What is learned between trainings, as people click. */
  onlineLearning,
  /** What opens an alert. */
  monitors,
  /** What the service is to keep to, over 28 days. */
  objectives,
  /** Who is told of which alerts. Where is said by secrets of the environment. */
  notices,
  /** Who may look at the dashboard, and for how long a browser stays signed in. */
  dashboard,
  /** What a month costs, and from where on that is an alert. */
  costs,
  /** Which addresses the backend may ask: for webhooks, chats, mail servers, feeds and identity providers. */
  outbound,
  /** How much is traced, where OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says where to. */
  traces,
  /** What people are promised, and for how long records are kept. */
  privacy,
  /** How often it is checked that KV has what it should, that nothing waits to be published, and that no run was interrupted. */
  watchEveryMs: atLeastOne.max(60_000).default(3000),
  /** A changed catalogue is published so long after its last change. */
  republishQuietMs: count.default(1000),
  /** Where changes do not end, it is published so long after the first of them. */
  republishWithinMs: count.default(10_000),
  /** How long what is superseded stays in KV. */
  kv: kvSettings,
  /** How long KV may still answer with what was there before; by default 60,000, and 0 where the edge is on this machine. */
  kvSettleMs: count.optional().meta({ examples: [60_000] }),
}).superRefine((given, context) => {
  const { trainingData: log } = given;
  const { target, observeDays } = given.metricWeights;
  // A unit's behaviour must still be in the log when its period is over and its last entries have arrived.
  const needed = observeDays + log.attributionDays + 1;
  if (target !== undefined && log.retentionDays < needed)
    problem(
      context,
      ['metricWeights', 'observeDays'],
      `(${observeDays}) needs a log of ${needed} days or more, but trainingData.retentionDays is ${log.retentionDays}`,
    );
});

export type Settings = z.infer<typeof settings>;
/** What a person writes: all of it may be left out. */
export type TrimtabConfig = NonNullable<z.input<typeof settings>>;
