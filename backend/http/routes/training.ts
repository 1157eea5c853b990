import { createRoute, z } from '@hono/zod-openapi';
import { desc, eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { runs } from '../../store/tables.ts';
import { FIT_METHODS } from '../../science/learn/fit-method.ts';
import { LEARNERS } from '../../science/learn/learners/learner.ts';
import {
  answer,
  givenMoment,
  jsonBody,
  problems,
  queryNumber,
  router,
  versionId,
  windowStart,
} from '../contract/openapi.ts';
import { placementOfLineage } from '../contract/lineages.ts';
import type { Services } from '../contract/services.ts';
import { runAnswer, runShape, withoutReport } from './run-shapes.ts';

const asked = z
  .object({
    parent: versionId
      .optional()
      .openapi({ description: 'What to start from; default: the champion' }),
    schema: z.string().optional().openapi({ description: 'Hash or name' }),
    from: windowStart('from').optional(),
    to: givenMoment('to').optional(),
    servedBy: versionId
      .optional()
      .openapi({ description: 'Learn only from rankings of this version' }),
    learner: z.enum(LEARNERS).optional().openapi({ description: 'Default additive' }),
    method: z
      .enum(FIT_METHODS)
      .optional()
      .openapi({ description: 'How the first pass descends; default full-batch' }),
    objective: z
      .enum(['lambdarank', 'softmax'])
      .optional()
      .openapi({ description: 'Of boosted trees; default lambdarank' }),
    l2: z.number().nonnegative().optional(),
    publish: z
      .boolean()
      .optional()
      .openapi({ description: 'Promote what passes the gate (default true)' }),
    rollout: z.enum(['staged', 'direct']).optional().openapi({
      description:
        'How a version that passes the gate goes live; default: as configured (rollout.mode)',
    }),
    force: z.boolean().optional().openapi({
      description:
        'Train on too little data, and promote whatever the gate and the data quality say',
    }),
    name: z.string().min(1).max(80).optional(),
    placement: placementOfLineage.optional(),
  })
  .strict()
  .openapi('TrainingRequest');

const comparisonAsked = asked
  .omit({ learner: true, method: true, publish: true, rollout: true, name: true })
  .extend({
    force: z.boolean().optional().openapi({ description: 'Compare even on too little data' }),
    learners: z
      .array(z.enum(LEARNERS))
      .min(1)
      .optional()
      .openapi({ description: 'Default all; the additive one is always among them' }),
    folds: z
      .number()
      .int()
      .min(2)
      .max(20)
      .optional()
      .openapi({ description: 'Cross-validate by visitor as well; default no' }),
    seed: z.number().int().optional(),
  })
  .strict()
  .openapi('ComparisonRequest');

const accepted = answer(
  z.object({ runId: z.string() }),
  'Under way: GET /v1/runs/{id}, whose progress.report has a comparison’s report when it is done',
);

const train = createRoute({
  method: 'post',
  path: '/v1/train',
  summary: 'Start a training run',
  request: { body: jsonBody(asked) },
  responses: { 202: accepted, ...problems },
});

const compare = createRoute({
  method: 'post',
  path: '/v1/compare',
  summary: 'Compare learners on the same split: ranking, importance, partial dependence',
  request: { body: jsonBody(comparisonAsked) },
  responses: { 202: accepted, ...problems },
});

const list = createRoute({
  method: 'get',
  path: '/v1/runs',
  summary: 'Training runs and comparisons of learners (without their reports), newest first',
  request: { query: z.strictObject({ limit: queryNumber(1, 200).default(20) }) },
  responses: { 200: answer(z.object({ runs: z.array(runShape) }), 'Runs'), ...problems },
});

const one = createRoute({
  method: 'get',
  path: '/v1/runs/{id}',
  summary: 'A run: progress, loss curve, result',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: answer(runShape, 'The run'), ...problems },
});

export const trainingRoutes = ({ store, trainer }: Services) =>
  router()
    .openapi(train, async (c) => c.json({ runId: await trainer.start(c.req.valid('json')) }, 202))
    .openapi(compare, async (c) =>
      c.json({ runId: await trainer.compare(c.req.valid('json')) }, 202),
    )
    .openapi(list, async (c) => {
      const { limit } = c.req.valid('query');
      const rows = await store.db.select().from(runs).orderBy(desc(runs.startedAt)).limit(limit);
      return c.json({ runs: rows.map(withoutReport) }, 200);
    })
    .openapi(one, async (c) => {
      const { id } = c.req.valid('param');
      const [row] = await store.db.select().from(runs).where(eq(runs.id, id));
      if (row === undefined)
        throw new ApiError(404, 'unknown_run', `there is no run ${id}: "trimtab runs" lists them`);
      return c.json(runAnswer(row), 200);
    });
