import { z } from 'zod';
import { parseSettings, schedule } from '../process/settings.ts';
import type { ImportanceOptions } from '../science/metric-weighting/learn-importance.ts';
import { parseTarget, type TargetDefinition } from '../science/metric-weighting/target.ts';
import type { RewardPolicy } from './in-force.ts';
import type { UnitKind } from '../log/account/units.ts';
import { UNIT_METRICS, unitMetricName } from '../log/account/unit-metrics.ts';

export interface MetricWeightSettings {
  /** What the weights must foretell; without one nothing is gathered or learned. */
  readonly target?: TargetDefinition;
  readonly unit: UnitKind;
  /** What a unit did counts for so long from when it was first seen; what comes later is for the target. */
  readonly observeDays: number;
  /** `adaptive`: what was learned is what training rewards, unless it is overridden. `fixed`: it is only shown. */
  readonly policy: RewardPolicy;
  /** Cron pattern, UTC; empty: on demand only. */
  readonly schedule: string;
  /** Of a request's context, what may be kept of a unit: device, segment, and demographics that are permitted. */
  readonly context: readonly string[];
  /** Metric → weight that is believed before any data; else equal weights by which way is better. */
  readonly prior?: Readonly<Record<string, number>>;
  readonly methods: readonly ('surrogate' | 'importance')[];
  /** What importance is told from; crosses are columns that are also looked at together. */
  readonly importance: Required<Pick<ImportanceOptions, 'model' | 'by' | 'crosses'>>;
  /** Units, experiments' too, and outcomes are kept for so long after the horizon is over. */
  readonly retentionDays: number;
}

export const DEFAULT_METRIC_WEIGHTS: MetricWeightSettings = {
  unit: 'session',
  observeDays: 1,
  policy: 'fixed',
  schedule: '0 4 * * *',
  context: ['device', 'segment'],
  methods: ['surrogate', 'importance'],
  importance: { model: 'forest', by: 'shap', crosses: [['hour', 'scroll_share']] },
  retentionDays: 365,
};

const given = z
  .object({
    target: z.unknown(),
    unit: z.enum(['session', 'user']),
    observeDays: z.number().positive().max(90),
    policy: z.enum(['adaptive', 'fixed']),
    schedule,
    context: z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/)).max(32),
    prior: z.record(z.string(), z.number()),
    methods: z.array(z.enum(['surrogate', 'importance'])).min(1),
    importance: z
      .object({
        model: z.enum(['forest', 'boosted']),
        by: z.enum(['gain', 'permutation', 'shap']),
        crosses: z.array(z.tuple([z.string(), z.string()])).max(16),
      })
      .partial()
      .strict(),
    retentionDays: z.number().positive().max(3650),
  })
  .partial()
  .strict();

const METRICS = UNIT_METRICS.map(({ name }) => name);

const isUnitMetric = (name: string): boolean =>
  METRICS.includes(name) || /^(?:cell\.\d_\d|feature\.[a-z0-9_.]+)$/.test(name);

/**
 * The defaults with what is given in their place.
 * @throws Error naming the setting and what it should have been.
 */
export function parseMetricWeights(value: unknown): MetricWeightSettings {
  const data = parseSettings(given, value);
  const { target, importance, prior, ...others } = data;
  const settings: MetricWeightSettings = {
    ...DEFAULT_METRIC_WEIGHTS,
    ...others,
    ...(prior !== undefined && {
      prior: Object.fromEntries(
        Object.entries(prior).map(([name, weight]) => [unitMetricName(name), weight]),
      ),
    }),
    ...(target !== undefined && { target: parseTarget(target) }),
    importance: { ...DEFAULT_METRIC_WEIGHTS.importance, ...importance },
  };
  const columns = [...METRICS, 'hour', ...settings.context];
  const unknown = settings.importance.crosses.flat().find((name) => !columns.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `importance.crosses: there is no column ${unknown}: take two of ${columns.join(', ')}`,
    );
  const misnamed = Object.keys(settings.prior ?? {}).find((name) => !isUnitMetric(name));
  if (misnamed !== undefined)
    throw new Error(`prior: units have no metric ${misnamed}: take some of ${METRICS.join(', ')}`);
  if (settings.target !== undefined && settings.target.horizonDays < settings.observeDays)
    throw new Error(
      `target.horizonDays (${settings.target.horizonDays}) must not be less than observeDays (${settings.observeDays}): the value would be known before the metrics`,
    );
  return settings;
}
