import { z } from '@hono/zod-openapi';
import type { ExperimentReport } from '../../science/experiment/experiment-report.ts';
import { metricShape } from '../../experiments/settings.ts';
import type { WeightsInUse } from '../../science/experiment/result-data.ts';
import { lineageOrNull } from '../contract/lineages.ts';
import { epochMs, line, objectOf, versionId } from '../contract/openapi.ts';

const exploration = z
  .object({
    temperature: z.number().nonnegative(),
    epsilon: z.number().min(0).max(1),
    poolSize: z.number().int().positive(),
    optimism: z.number().min(0).max(10).optional(),
    maxLoss: z.number().positive().optional(),
    fromSlot: z.number().int().positive().optional(),
  })
  .strict();

const arm = z
  .object({
    name: z.string().max(40),
    weight: z.number().openapi({ description: 'Relative: 50 and 50, or 0.9 and 0.1' }),
    version: versionId.optional(),
    exploration: exploration.optional(),
    reward: z.enum(['adaptive', 'fixed']).optional().openapi({
      description:
        'Retrained daily, on learned metric weights or on those that the schema declares',
    }),
  })
  .strict();

const unit = z.enum(['user', 'session']);
const guardrail = z
  .object({
    metric: z.string(),
    margin: z
      .number()
      .openapi({ description: 'Largest harm that is accepted, relative: 0.01 is 1 %' }),
  })
  .strict();

export const newExperiment = z
  .object({
    name: line(120),
    layer: z.string().max(40).optional(),
    unit: unit.optional().openapi({ description: 'Unit of randomisation of a new layer' }),
    traffic: z.number().optional().openapi({ description: 'Share of the layer’s units' }),
    range: z
      .tuple([z.number(), z.number()])
      .readonly()
      .optional()
      .openapi({ description: 'Default: the first free one that is large enough' }),
    arms: z.array(arm).optional().openapi({ description: 'The control first' }),
    design: z.enum(['split', 'interleaved']).optional(),
    trigger: z.enum(['ranked', 'slate differs']).optional(),
    metrics: z
      .array(z.union([z.string(), metricShape]))
      .optional()
      .openapi({ description: 'Names of metrics, or definitions' }),
    guardrails: z.array(guardrail).max(20).optional(),
    minimumPerArm: z
      .number()
      .optional()
      .openapi({ description: 'Units per arm before any verdict' }),
    aa: z.boolean().optional().openapi({ description: 'An A/A test: arms that do not differ' }),
    selfTest: z
      .union([z.string(), z.literal(true)])
      .optional()
      .openapi({
        description:
          'One arm trains on the fixed reward, one on the adaptive reward, and they are compared on this outcome, the long-term value; true: the target of the metric weights',
      }),
    ramp: z
      .array(
        z
          .object({
            traffic: z.number(),
            afterHours: z.number().optional(),
            afterSearches: z.number().optional(),
            at: z.union([z.string(), z.number()]).optional(),
          })
          .strict(),
      )
      .optional()
      .openapi({
        description:
          'In place of traffic: shares that take part one after the other, each with when it is due; guardrails and arm sizes are looked at before each',
      }),
    placements: z.array(z.string().max(64)).max(16).optional().openapi({
      description:
        'Whose rankings may enter it: one placement with a lineage of its own, or any without; default: all without',
    }),
    start: z.boolean().default(false),
    freezeWeights: z.boolean().default(true).openapi({
      description: 'Analyse it with the metric weights in force at its start, not those of the day',
    }),
  })
  .strict();

export const layerShape = z
  .object({ name: z.string(), salt: z.string(), unit, rank: z.number(), createdAt: epochMs })
  .openapi('Layer');

export const experimentShape = z
  .object({
    id: z.string(),
    name: z.string(),
    layer: z.string(),
    unit,
    salt: z.string(),
    range: z.tuple([z.number(), z.number()]),
    traffic: z.number().openapi({ description: 'Share of the layer’s units that take part' }),
    arms: z.array(arm).readonly(),
    design: z.enum(['split', 'interleaved']),
    trigger: z.enum(['ranked', 'slate differs']),
    metrics: z.array(metricShape).readonly(),
    guardrails: z.array(guardrail).readonly(),
    minimumPerArm: z.number(),
    metricWeightsId: z.number().nullable(),
    status: z.enum(['draft', 'running', 'stopped']),
    createdAt: epochMs,
    startedAt: epochMs.nullable(),
    stoppedAt: epochMs.nullable(),
    ramp: z
      .object({
        steps: z
          .array(
            z.object({
              traffic: z.number(),
              afterHours: z.number().optional(),
              afterSearches: z.number().optional(),
              at: epochMs.optional(),
            }),
          )
          .readonly(),
        since: epochMs.nullable().openapi({ description: 'When the step that holds was reached' }),
        held: z
          .object({ by: z.string(), at: epochMs, reason: z.string() })
          .optional()
          .openapi({ description: 'No step is taken until it is resumed' }),
      })
      .nullable()
      .openapi({ description: 'How it grows by itself; null: people widen it' }),
    placements: z
      .array(z.string())
      .readonly()
      .nullable()
      .openapi({ description: 'Whose rankings may enter it; null: all of its lineage' }),
    lineage: lineageOrNull,
  })
  .openapi('Experiment');

const report = z.object({
  at: epochMs,
  frozen: z.boolean().openapi({
    description:
      'Its log has been deleted since: computed from the facts kept of its units, or the last report',
  }),
  refusedUnits: z
    .number()
    .openapi({ description: 'Units left out as bots, by the filters of training' }),
  analysis: objectOf<ExperimentReport>('Verdict, doubts, and each arm against the control'),
  weights: objectOf<WeightsInUse & { readonly told?: readonly string[] }>(
    'The metric weights behind resultData; `told`: where they come from, as sentences',
  ).optional(),
});

export const reportedShape = experimentShape
  .extend({
    report: report.nullable().openapi({
      description: 'null: it never ran, or its log was deleted before a report was stored',
    }),
  })
  .openapi('ExperimentWithReport');

const positive = z.number().positive();
const moments = z.object({ mean: z.number(), variance: positive }).strict();
export const sizeAsked = z
  .object({
    baseline: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('proportion'), rate: z.number().gt(0).lt(1) }).strict(),
      z.object({ kind: z.literal('mean'), mean: z.number(), variance: positive }).strict(),
      z
        .object({
          kind: z.literal('ratio'),
          numerator: moments,
          denominator: moments,
          covariance: z.number().default(0),
        })
        .strict(),
    ]),
    mde: positive,
    relative: z.boolean().default(true),
    alpha: z.number().gt(0).lt(1).default(0.05),
    power: z.number().gt(0).lt(1).default(0.8),
    arms: z.number().int().min(2).max(8).default(2),
    perDay: positive.optional(),
  })
  .strict();

export const sizeShape = z
  .object({
    perArm: z.number(),
    oneLook: z.number(),
    total: z.number(),
    effect: z.number(),
    minimumPerArm: z.number(),
    days: z.number().optional(),
  })
  .openapi('SampleSize');
