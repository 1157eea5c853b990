import { createRoute, z } from '@hono/zod-openapi';
import {
  createExperiment,
  experimentResults,
  listExperiments,
  readExperiment,
  stopExperiment,
} from '../../experiment/experiments.ts';
import { actorOf, answer, epochMs, jsonBody, problems, router, versionParam } from '../openapi.ts';
import type { Services } from '../services.ts';
import { clickThrough } from './clicks.ts';

const arm = versionParam.extend({ share: z.number().gt(0).max(1) });
const arms = z
  .record(z.string().regex(/^[a-z0-9-]{1,40}$/), arm)
  .refine((of) => Object.keys(of).length >= 2, 'needs two arms or more');

const experiment = z
  .object({
    id: z.string(),
    name: z.string(),
    salt: z.string(),
    arms: z.record(z.string(), arm),
    status: z.enum(['draft', 'running', 'stopped']),
    createdAt: epochMs,
    startedAt: epochMs.nullable(),
    stoppedAt: epochMs.nullable(),
  })
  .openapi('Experiment');

const withResults = experiment
  .extend({ results: z.array(clickThrough.extend({ arm: z.string() })) })
  .openapi('ExperimentWithResults');

const idParam = z.object({ id: z.string() });

const list = createRoute({
  method: 'get',
  path: '/v1/experiments',
  summary: 'Experiments, newest first',
  responses: {
    200: answer(z.object({ experiments: z.array(experiment) }), 'Experiments'),
    ...problems,
  },
});

const create = createRoute({
  method: 'post',
  path: '/v1/experiments',
  summary:
    'Start comparing versions: each arm counts the rankings that its version serves from now on',
  request: { body: jsonBody(z.object({ name: z.string().min(1).max(120), arms }).strict()) },
  responses: { 201: answer(experiment, 'Running'), ...problems },
});

const one = createRoute({
  method: 'get',
  path: '/v1/experiments/{id}',
  summary: 'An experiment with each arm’s click-through and its 95 % interval',
  request: { params: idParam },
  responses: { 200: answer(withResults, 'So far'), ...problems },
});

const stop = createRoute({
  method: 'post',
  path: '/v1/experiments/{id}/stop',
  summary: 'Stop counting',
  request: { params: idParam },
  responses: { 200: answer(withResults, 'The results, final'), ...problems },
});

export const experimentRoutes = ({ store, nowMs }: Services) => {
  const read = async (id: string) => {
    const found = await readExperiment(store, id);
    return { ...found, results: await experimentResults(store, found, nowMs()) };
  };
  return router()
    .openapi(list, async (c) => c.json({ experiments: await listExperiments(store) }, 200))
    .openapi(create, async (c) =>
      c.json(await createExperiment(store, c.req.valid('json'), actorOf(c), nowMs()), 201),
    )
    .openapi(one, async (c) => c.json(await read(c.req.valid('param').id), 200))
    .openapi(stop, async (c) => {
      const { id } = c.req.valid('param');
      await stopExperiment(store, id, actorOf(c), nowMs());
      return c.json(await read(id), 200);
    });
};
