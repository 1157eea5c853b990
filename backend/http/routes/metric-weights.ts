import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { history, inForce, setMetricWeights } from '../../metric-weights/metric-weights.ts';
import { answer, epochMs, jsonBody, problems, router } from '../openapi.ts';
import type { Services } from '../services.ts';

const reward = z.record(z.string(), z.number()).openapi({
  description:
    'Metric → what one is worth: an event type, an amount like dwell_seconds, or outcome.<name>',
});

const entry = z
  .object({
    id: z.number(),
    schemaName: z.string(),
    weights: reward,
    author: z.string(),
    reason: z.string(),
    createdAt: epochMs,
    expiresAt: epochMs.nullable(),
  })
  .openapi('MetricWeights');

const shown = z.object({
  schema: z.string(),
  inForce: z.object({
    weights: reward,
    source: z
      .enum(['set', 'schema'])
      .openapi({ description: '`schema`: nobody set any, or they expired' }),
    id: z.number().optional(),
  }),
  history: z.array(entry),
});

const params = z.object({ schema: z.string() });

const get = createRoute({
  method: 'get',
  path: '/v1/metric-weights/{schema}',
  summary: 'What training rewards under a schema (by name), and what it did before',
  request: { params },
  responses: { 200: answer(shown, 'In force, and the history, newest first'), ...problems },
});

const put = createRoute({
  method: 'put',
  path: '/v1/metric-weights/{schema}',
  summary: 'Set what training rewards',
  request: {
    params,
    body: jsonBody(
      z
        .object({
          weights: reward,
          author: z.string().min(1).max(80),
          reason: z.string().min(1).max(500),
          expiresAt: epochMs.optional(),
        })
        .strict(),
    ),
  },
  responses: { 200: answer(shown, 'In force from the next training run on'), ...problems },
});

export const metricWeightRoutes = ({ store, versions, nowMs }: Services) => {
  const show = async (schema: string) => {
    const scorer = await versions.newestOf(schema);
    if (scorer === undefined)
      throw new ApiError(
        404,
        'unknown_schema',
        `no version has schema "${schema}": GET /v1/weights lists them`,
      );
    const current = await inForce(store, scorer.schema.name, nowMs());
    return {
      schema: scorer.schema.name,
      inForce:
        current === undefined
          ? { weights: { ...scorer.schema.training.reward }, source: 'schema' as const }
          : { weights: { ...current.weights }, source: 'set' as const, id: current.id },
      history: await history(store, scorer.schema.name),
    };
  };
  return router()
    .openapi(get, async (c) => c.json(await show(c.req.valid('param').schema), 200))
    .openapi(put, async (c) => {
      const { schema } = await show(c.req.valid('param').schema);
      await setMetricWeights(store, schema, c.req.valid('json'), nowMs());
      return c.json(await show(schema), 200);
    });
};
