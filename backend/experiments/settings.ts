import { z } from 'zod';
import { checkMetric, NAMED_METRICS } from '../../shared/domain/metric.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { group } from '../settings/fields.ts';
import { checkColumns } from './experiment-metrics.ts';

/** A metric as a person declares it: see `MetricDefinition`. */
export const metricShape = z.strictObject({
  name: z.string(),
  kind: z.enum(['proportion', 'mean', 'ratio']),
  numerator: z.string(),
  where: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  sum: z.literal('value').optional(),
  denominator: z.string().optional(),
  better: z.enum(['higher', 'lower']),
  winsorShare: z.number().optional(),
  horizonDays: z.number().optional(),
});

const MOST = 100;

export const experimentSettings = group({
  /** Metrics of your own, which experiments may ask for by name. An experiment keeps the definition that it was created with. */
  metrics: z
    .array(metricShape)
    .max(MOST)
    .readonly()
    .default([])
    .superRefine((metrics, context) => {
      const names = new Set(NAMED_METRICS.map(({ name }) => name));
      metrics.forEach((metric, i) => {
        const refuse = (message: string) =>
          context.addIssue({ code: 'custom', path: [i], message });
        if (names.has(metric.name)) refuse(`there is a metric "${metric.name}" already`);
        names.add(metric.name);
        try {
          checkMetric(metric);
          checkColumns(metric);
        } catch (error) {
          refuse(messageOf(error));
        }
      });
    })
    .meta({
      examples: [
        [
          {
            name: 'map_opened',
            kind: 'proportion',
            numerator: 'feature_use',
            where: { feature: 'map' },
            better: 'higher',
          },
        ],
      ],
      description: 'a list of metrics',
    }),
});

export type ExperimentSettings = z.infer<typeof experimentSettings>;
