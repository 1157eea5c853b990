import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { readExperiment } from '../../experiments/read-experiments.ts';
import { readWeights } from '../../reward/history.ts';
import { setMetricWeights, withdrawOverride } from '../../reward/override.ts';
import { showMetricWeights } from '../../reward/show.ts';
import { unitCounts } from '../../runs/metric-weights/unit-counts.ts';
import { verifyHistory } from '../../reward/verify.ts';
import {
  actorOf,
  anyObject,
  answer,
  epochMs,
  jsonBody,
  line,
  problems,
  router,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const reward = z.record(z.string(), z.number()).openapi({
  description:
    'Metric → what one is worth: an event type, an amount like dwell_seconds, or outcome.<name>. Below 0 it takes from what else an item earned',
});

const row = z.object({
  id: z.number(),
  schemaName: z.string(),
  weights: reward,
  author: z.string(),
  reason: z.string(),
  createdAt: epochMs,
  expiresAt: epochMs.nullable(),
  source: z.enum(['learned', 'override']),
  method: z.enum(['fixed', 'importance', 'surrogate']),
  experimentId: z.string().nullable().openapi({ description: 'Of this experiment only' }),
  previousHash: z.string().nullable(),
  hash: z.string().nullable().openapi({ description: 'Over the row and the hash before it' }),
});

const entry = row
  .extend({
    warning: z.array(z.string()).optional().openapi({ description: 'What it changed' }),
    withdraws: z.number().optional().openapi({ description: 'Which override it took back' }),
    abstains: z.string().optional().openapi({ description: 'Why the weights are their prior' }),
    skill: anyObject.optional(),
  })
  .openapi('MetricWeights');

const shown = z.object({
  schema: z.string(),
  policy: z.enum(['adaptive', 'fixed']).openapi({
    description: 'Whether learned weights become the reward where nothing overrides them',
  }),
  target: z.string().nullable().openapi({ description: 'The long-term value they foretell' }),
  inForce: entry
    .partial()
    .extend({
      weights: reward,
      source: z
        .enum(['override', 'learned', 'schema'])
        .openapi({ description: '`schema`: nobody set any, or they expired' }),
    })
    .openapi({ description: 'What training rewards' }),
  experiments: z.array(entry).openapi({ description: 'Overrides of single experiments' }),
  learned: z
    .array(anyObject)
    .openapi({ description: 'The newest by each method: weights, intervals, skill, inputs' }),
  history: z.array(entry),
});

const params = z.object({ schema: z.string() });
const author = line(80);
const reason = line(500);
const experimentId = z.string().min(1).max(120).optional();

const get = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}',
  summary: 'What training rewards under a schema (by name), what was learned, and the history',
  request: { params },
  responses: { 200: answer(shown, 'In force, and the history, newest first'), ...problems },
});

const put = createRoute({
  method: 'put',
  path: '/v1/metric-weights/{schema}',
  summary: 'Set what training rewards, or what one experiment is read by',
  request: {
    params,
    body: jsonBody(
      z
        .object({
          weights: reward,
          author,
          reason,
          expiresAt: epochMs.optional(),
          experimentId,
          dryRun: z.boolean().optional().openapi({ description: 'Only say what would change' }),
        })
        .strict(),
    ),
  },
  responses: {
    200: answer(
      shown.extend({ warning: z.array(z.string()) }),
      'What it changes; in force from the next training run on',
    ),
    ...problems,
  },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/metric-weights/{schema}/withdraw',
  summary: 'Take an override back; the history keeps both',
  request: {
    params,
    body: jsonBody(
      z.object({ author, reason, id: z.number().int().optional(), experimentId }).strict(),
    ),
  },
  responses: { 200: answer(shown, 'What is in force now'), ...problems },
});

const learn = createRoute({
  method: 'post',
  path: '/v1/metric-weights/{schema}/learn',
  summary: 'Learn metric weights from the logged units now',
  request: { params },
  responses: {
    200: answer(
      shown.extend({ recorded: z.array(z.number()) }),
      'What is in force now, and the ids of the new rows; none where it still abstains',
    ),
    ...problems,
  },
});

const version = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/versions/{id}',
  summary: 'One row of the history with all its details',
  request: { params: params.extend({ id: z.coerce.number().int() }) },
  responses: { 200: answer(row.extend({ details: anyObject }), 'As it was stored'), ...problems },
});

const verify = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/verify',
  summary: 'Hold the history against its hashes and the audit log',
  request: { params },
  responses: {
    200: answer(
      z.object({
        intact: z.boolean(),
        rows: z.number(),
        unhashed: z.number(),
        head: z.string().nullable(),
        faults: z.array(z.object({ id: z.number(), fault: z.string(), message: z.string() })),
      }),
      'Which rows were changed, removed, moved or forged',
    ),
    ...problems,
  },
});

const units = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/units',
  summary: 'What there is to learn from',
  request: { params },
  responses: {
    200: answer(
      z.object({
        unit: z.enum(['session', 'user']),
        target: z.string().nullable(),
        units: z.number(),
        labelled: z.number().openapi({ description: 'Their horizon is over' }),
        nextLabelAt: epochMs.nullable(),
        refused: z.number().openapi({ description: 'Unlike people, and left out' }),
        newestAt: epochMs.nullable(),
      }),
      'Units by whether their long-term value is known',
    ),
    ...problems,
  },
});

const backtested = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/backtest',
  summary:
    'How often weights would have called the sign of the long-term effect of past experiments',
  request: { params },
  responses: { 200: answer(anyObject, 'Adaptive against fixed weights'), ...problems },
});

export const metricWeightRoutes = ({ store, versions, metricLearning, nowMs }: Services) => {
  const { settings } = metricLearning;
  const schemaOf = async (name: string) => {
    const scorer = await versions.newestOf(name);
    if (scorer === undefined)
      throw new ApiError(
        404,
        'unknown_schema',
        `no version has schema "${name}": GET /v1/weights lists them`,
      );
    return scorer.schema;
  };
  const show = async (name: string) =>
    showMetricWeights(store, await schemaOf(name), settings, nowMs());
  return router()
    .openapi(get, async (c) => c.json(await show(c.req.valid('param').schema), 200))
    .openapi(put, async (c) => {
      const schema = await schemaOf(c.req.valid('param').schema);
      const { dryRun = false, ...given } = c.req.valid('json');
      if (given.experimentId !== undefined) await readExperiment(store, given.experimentId);
      const options = { rewardPolicy: settings.policy, dryRun };
      const { warning } = await setMetricWeights(store, schema, given, nowMs(), options);
      return c.json({ ...(await show(schema.name)), warning: [...warning] }, 200);
    })
    .openapi(withdraw, async (c) => {
      const { name } = await schemaOf(c.req.valid('param').schema);
      await withdrawOverride(store, name, c.req.valid('json'), nowMs());
      return c.json(await show(name), 200);
    })
    .openapi(learn, async (c) => {
      const schema = await schemaOf(c.req.valid('param').schema);
      const learned = await metricLearning.learn(schema, actorOf(c));
      const recorded = learned.flatMap(({ row: added }) => added?.id ?? []);
      return c.json({ ...(await show(schema.name)), recorded }, 200);
    })
    .openapi(version, async (c) => {
      const { schema, id } = c.req.valid('param');
      const found = await readWeights(store, (await schemaOf(schema)).name, id);
      if (found === undefined)
        throw new ApiError(
          404,
          'unknown_weights',
          `${schema} has no metric weights ${id}: GET /v1/metric-weights/${schema} lists them`,
        );
      return c.json(found, 200);
    })
    .openapi(verify, async (c) => {
      const { name } = await schemaOf(c.req.valid('param').schema);
      const found = await verifyHistory(store, name);
      return c.json({ ...found, faults: [...found.faults] }, 200);
    })
    .openapi(units, async (c) => {
      await schemaOf(c.req.valid('param').schema);
      return c.json(await unitCounts(store, settings, nowMs()), 200);
    })
    .openapi(backtested, async (c) => {
      await schemaOf(c.req.valid('param').schema);
      return c.json({ ...(await metricLearning.backtest()) }, 200);
    });
};
