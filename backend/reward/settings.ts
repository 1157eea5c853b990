import { z } from 'zod';
import { UNIT_METRICS, unitMetricName } from '../log/account/unit-metrics.ts';
import { DEFAULT_PRODUCTS } from '../science/metric-weighting/products.ts';
import { targetDefinition } from '../science/metric-weighting/target-definition.ts';
import { group, positive, problem, schedule } from '../settings/fields.ts';
import { parseSettings } from '../settings/parse-settings.ts';

const METRICS = UNIT_METRICS.map(({ name }) => name);

const isUnitMetric = (name: string): boolean =>
  METRICS.includes(name) || /^(?:cell\.\d_\d|feature\.[a-z0-9_.]+)$/.test(name);

const contextName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/)
  .meta({ description: 'a name of letters, digits, _, . and -' });

export const metricWeights = group({
  /** The long-term value that the weights must predict; without one nothing is gathered or learned. */
  target: targetDefinition
    .readonly()
    .optional()
    .meta({ examples: [{ kind: 'happened', outcome: 'renewal', horizonDays: 90 }] }),
  /** The unit whose behaviour and long-term value are compared. */
  unit: z.enum(['session', 'user']).default('session'),
  /** A unit's behaviour counts for so long after it was first seen; what comes later counts for the target only. */
  observeDays: positive.max(90).default(1),
  /** `adaptive`: training uses the learned weights as reward, unless an override is in force. `fixed`: they are only shown. */
  policy: z.enum(['adaptive', 'fixed']).default('fixed'),
  /** When weights are learned; empty: on demand only. */
  schedule: schedule.default('0 4 * * *'),
  /** Names of the request's context that may be stored with a unit: device, segment, and demographics that are permitted. */
  context: z.array(contextName).max(32).readonly().default(['device', 'segment']),
  /** Prior weight per metric. Default: equal weights, with the sign of the metric's better direction. */
  prior: z
    .record(z.string(), z.number())
    .readonly()
    .optional()
    .meta({ examples: [{ saves: 1, contacts: 2 }] }),
  /** `surrogate`: signed weights, from units and past experiments. `importance`: how much a model of units uses each metric, without a sign. */
  methods: z
    .array(z.enum(['surrogate', 'importance']))
    .min(1)
    .readonly()
    .default(['surrogate', 'importance']),
  /** Pairs whose product is a metric too: what both together foretell beyond each alone. */
  products: z
    .array(z.tuple([z.string(), z.string()]).readonly())
    .max(16)
    .readonly()
    .default(DEFAULT_PRODUCTS),
  /** How importance is computed. */
  importance: group({
    /** The model of units. */
    model: z.enum(['forest', 'boosted']).default('forest'),
    /** The measure of how much the model uses a metric. */
    by: z.enum(['gain', 'permutation', 'shap']).default('shap'),
    /** Pairs whose joint importance is reported. */
    crosses: z
      .array(z.tuple([z.string(), z.string()]).readonly())
      .max(16)
      .readonly()
      .default([['hour', 'scroll_share']]),
  }),
  /** Units (also those of experiments) and outcomes are stored for so long after the horizon is over. */
  retentionDays: positive.max(3650).default(365),
}).superRefine(({ importance, context, prior = {}, products, target, observeDays }, check) => {
  const unmeasured = products.flat().find((name) => !METRICS.includes(name));
  if (unmeasured !== undefined)
    problem(
      check,
      ['products'],
      `must be of metrics, but units have no metric ${unmeasured}: take two of ${METRICS.join(', ')}`,
    );
  const columns = [...METRICS, 'hour', ...context];
  const unknown = importance.crosses.flat().find((name) => !columns.includes(name));
  if (unknown !== undefined)
    problem(
      check,
      ['importance', 'crosses'],
      `must be of columns, but there is no column ${unknown}: take two of ${columns.join(', ')}`,
    );
  const misnamed = Object.keys(prior).find((name) => !isUnitMetric(unitMetricName(name)));
  if (misnamed !== undefined)
    problem(
      check,
      ['prior'],
      `must be of metrics, but units have no metric ${misnamed}: take some of ${METRICS.join(', ')}`,
    );
  if (target !== undefined && target.horizonDays < observeDays)
    problem(
      check,
      ['target', 'horizonDays'],
      `(${target.horizonDays}) must not be less than observeDays (${observeDays}): the value would be known before the metrics`,
    );
});

export type MetricWeightSettings = z.infer<typeof metricWeights>;

/** @throws Error naming the setting and what it should have been. */
export const parseMetricWeights = (value: unknown): MetricWeightSettings =>
  parseSettings(metricWeights, value);

export const DEFAULT_METRIC_WEIGHTS = parseMetricWeights({});
