import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { readExperiment } from '../../experiments/read-experiments.ts';
import { readWeights } from '../../reward/history.ts';
import { setMetricWeights, withdrawOverride } from '../../reward/override.ts';
import { showMetricWeights } from '../../reward/show.ts';
import { unitCounts as countUnits } from '../../runs/metric-weights/unit-counts.ts';
import type { MetricLearning } from '../../runs/metric-weights/metric-learning.ts';
import { verifyHistory } from '../../reward/verify.ts';
import {
  actorOf,
  answer,
  givenMoment,
  jsonBody,
  line,
  objectOf,
  problems,
  router,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';
import {
  reward,
  shown,
  storedRow,
  unitCounts,
  verification,
  type Shown,
} from './metric-weight-shapes.ts';

const params = z.object({ schema: z.string() });
const author = line(80);
const reason = line(500);
const experimentId = z.string().min(1).max(120).optional();

const get = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}',
  summary: 'Metric weights of a schema (by name): in force, learned, and the history',
  request: { params },
  responses: { 200: answer(shown, 'In force, and the history, newest first'), ...problems },
});

const put = createRoute({
  method: 'put',
  path: '/v1/metric-weights/{schema}',
  summary: 'Override the metric weights of training, or of one experiment',
  request: {
    params,
    body: jsonBody(
      z
        .object({
          weights: reward,
          author,
          reason,
          expiresAt: givenMoment('expiresAt').optional(),
          experimentId,
          dryRun: z
            .boolean()
            .optional()
            .openapi({ description: 'Report what would change, and change nothing' }),
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
  summary: 'Withdraw an override; the history keeps both',
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
      'What is in force now, and the ids of the new rows; none where the engine still abstains',
    ),
    ...problems,
  },
});

const version = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/versions/{id}',
  summary: 'One row of the history with all its details',
  request: { params: params.extend({ id: z.coerce.number().int() }) },
  responses: { 200: answer(storedRow, 'As it was stored'), ...problems },
});

const verify = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/verify',
  summary: 'Check the history against its hashes and the audit log',
  request: { params },
  responses: {
    200: answer(verification, 'Which rows were changed, removed, moved or forged'),
    ...problems,
  },
});

const units = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/units',
  summary: 'Counts of the units to learn from',
  request: { params },
  responses: {
    200: answer(unitCounts, 'Units by whether their long-term value is known'),
    ...problems,
  },
});

const backtested = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}/backtest',
  summary:
    'How often the weights would have predicted the sign of the long-term effect of past experiments',
  request: { params },
  responses: {
    200: answer(
      objectOf<Awaited<ReturnType<MetricLearning['backtest']>>>('Adaptive against fixed weights'),
      'The backtest',
    ),
    ...problems,
  },
});

export const metricWeightRoutes = ({
  store,
  account,
  versions,
  metricLearning,
  nowMs,
}: Services) => {
  const { settings } = metricLearning;
  const schemaOf = async (name: string) => {
    const scorer = await versions.newestOf(name);
    if (scorer === undefined)
      throw new ApiError(
        404,
        'unknown_schema',
        `no version has schema "${name}": "trimtab weights" lists them`,
      );
    return scorer.schema;
  };
  // Details of a row are JSON in the database, as the engine of metric weights wrote them.
  const show = async (name: string) =>
    (await showMetricWeights(store, await schemaOf(name), settings, nowMs())) as Shown;
  return router()
    .openapi(get, async (c) => c.json(await show(c.req.valid('param').schema), 200))
    .openapi(put, async (c) => {
      const schema = await schemaOf(c.req.valid('param').schema);
      const { dryRun = false, ...given } = c.req.valid('json');
      if (given.experimentId !== undefined) await readExperiment(store, given.experimentId);
      const options = { rewardPolicy: settings.policy, dryRun };
      // The warning describes what the weights would change of what is logged.
      await account.update();
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
          `${schema} has no metric weights ${id}: "trimtab metric-weights history --schema ${schema}" lists them`,
        );
      return c.json(found, 200);
    })
    .openapi(verify, async (c) => {
      const { name } = await schemaOf(c.req.valid('param').schema);
      return c.json(await verifyHistory(store, name), 200);
    })
    .openapi(units, async (c) => {
      await schemaOf(c.req.valid('param').schema);
      return c.json(await countUnits(store, settings, nowMs()), 200);
    })
    .openapi(backtested, async (c) => {
      await schemaOf(c.req.valid('param').schema);
      return c.json(await metricLearning.backtest(), 200);
    });
};
