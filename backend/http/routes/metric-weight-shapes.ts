import { z } from '@hono/zod-openapi';
import type { Skill } from '../../science/metric-weighting/learned-weights.ts';
import { anyObject, epochMs, objectOf } from '../contract/openapi.ts';

export const reward = z.record(z.string(), z.number()).openapi({
  description:
    'Metric → reward for one unit of it: an event type, an amount like dwell_seconds, or outcome.<name>. A negative weight lowers the reward of an item',
});

export const row = z.object({
  id: z.number(),
  schemaName: z.string(),
  weights: reward,
  author: z.string(),
  reason: z.string(),
  createdAt: epochMs,
  expiresAt: epochMs.nullable(),
  source: z.enum(['learned', 'override']),
  method: z.enum(['fixed', 'importance', 'surrogate']),
  experimentId: z.string().nullable().openapi({ description: 'Applies to this experiment only' }),
  previousHash: z.string().nullable(),
  hash: z.string().nullable().openapi({ description: 'Over the row and the hash before it' }),
});

const skill = objectOf<Skill>('Held-out accuracy with 95 % intervals').optional();
const abstains = z
  .string()
  .optional()
  .openapi({ description: 'Why nothing was learned: the weights are the prior' });

const entry = row
  .extend({
    warning: z.array(z.string()).optional().openapi({ description: 'What it changed' }),
    withdraws: z.number().optional().openapi({ description: 'Id of the override it withdrew' }),
    abstains,
    skill,
  })
  .openapi('MetricWeights');

const learned = z
  .object({
    id: z.number(),
    createdAt: epochMs,
    method: z.enum(['importance', 'surrogate']),
    by: z.enum(['gain', 'permutation', 'shap']).optional(),
    target: z.string(),
    units: z.number(),
    experiments: z.number(),
    weights: z.array(
      z.object({ metric: z.string(), weight: z.number(), low: z.number(), high: z.number() }),
    ),
    reward: reward.openapi({ description: 'The reward it would give; empty where it gives none' }),
    statements: z
      .array(z.string())
      .optional()
      .openapi({ description: 'What the weights of products of two metrics say, in words' }),
    skill,
    abstains,
  })
  .loose();

export const shown = z.object({
  schema: z.string(),
  policy: z.enum(['adaptive', 'fixed']).openapi({
    description: 'Whether learned weights become the reward where no override is in force',
  }),
  target: z.string().nullable().openapi({ description: 'The long-term value to predict' }),
  inForce: entry
    .partial()
    .extend({
      weights: reward,
      source: z
        .enum(['override', 'learned', 'schema'])
        .openapi({ description: '`schema`: no override is in force and nothing was learned' }),
    })
    .openapi({ description: 'The reward of training' }),
  experiments: z.array(entry).openapi({ description: 'Overrides of single experiments' }),
  learned: z
    .array(learned)
    .openapi({ description: 'The newest by each method: weights, intervals, skill, inputs' }),
  history: z.array(entry),
});

export type Shown = z.infer<typeof shown>;

export const storedRow = row.extend({ details: anyObject });

export const verification = z.object({
  intact: z.boolean(),
  rows: z.number(),
  unhashed: z.number(),
  head: z.string().nullable(),
  faults: z.array(z.object({ id: z.number(), fault: z.string(), message: z.string() })).readonly(),
});

export const unitCounts = z.object({
  unit: z.enum(['session', 'user']),
  target: z.string().nullable(),
  units: z.number(),
  labelled: z.number().openapi({ description: 'Units whose horizon is over' }),
  nextLabelAt: epochMs.nullable(),
  refused: z.number().openapi({ description: 'Left out as bots' }),
  newestAt: epochMs.nullable(),
});
