import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { DEFAULT_METRICS, NAMED_METRICS } from '../../../shared/domain/metric.ts';
import { metricShape } from '../../experiments/settings.ts';
import { listExperiments, readExperiment } from '../../experiments/read-experiments.ts';
import { effectsOf, effectsOverTime, type EffectsAt } from '../../experiments/effects-over-time.ts';
import { listLayers } from '../../experiments/layers.ts';
import { freezeReport, reportOf } from '../../experiments/reports.ts';
import type { StandingHoldout } from '../../runs/online/standing-holdout.ts';
import { sampleSize } from '../../experiments/sample-size.ts';
import { selfTestOf } from '../../experiments/self-test.ts';
import {
  actorOf,
  answer,
  jsonBody,
  line,
  objectOf,
  problems,
  router,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';
import { sharedReadings } from '../shared-readings.ts';
import { experimentAnswer, reportAnswer, withSelfTest } from './experiment-answers.ts';
import {
  experimentShape,
  layerShape,
  newExperiment,
  reportedShape,
  sizeAsked,
  sizeShape,
} from './experiment-shapes.ts';

const list = createRoute({
  method: 'get',
  path: '/v1/experiments',
  summary: 'Experiments, newest first',
  responses: {
    200: answer(z.object({ experiments: z.array(experimentShape) }), 'Experiments'),
    ...problems,
  },
});

const layers = createRoute({
  method: 'get',
  path: '/v1/layers',
  summary: 'Layers: experiments of one layer never share a unit',
  responses: {
    200: answer(
      z.object({ layers: z.array(layerShape) }),
      'In the order in which they choose units',
    ),
    ...problems,
  },
});

const metrics = createRoute({
  method: 'get',
  path: '/v1/experiments/metrics',
  summary: 'The metrics that an experiment may ask for by name',
  responses: {
    200: answer(
      z.object({
        metrics: z.array(
          metricShape.extend({
            from: z.enum(['default', 'further', 'own']).openapi({
              description:
                'default: of every experiment that names none; own: declared in the configuration',
            }),
          }),
        ),
      }),
      'In the order in which reports show them',
    ),
    ...problems,
  },
});

const holdout = createRoute({
  method: 'get',
  path: '/v1/experiments/holdout',
  summary: 'What was learned as people clicked, against those who were held out of it, in sum',
  responses: {
    200: answer(
      objectOf<StandingHoldout>('By version, and of all versions together'),
      'Over all the time that is in the log, with always-valid intervals',
    ),
    ...problems,
  },
});

const create = createRoute({
  method: 'post',
  path: '/v1/experiments',
  summary: 'A draft of an experiment, or one that starts at once',
  request: { body: jsonBody(newExperiment) },
  responses: { 201: answer(experimentShape, 'Draft, or running'), ...problems },
});

const size = createRoute({
  method: 'post',
  path: '/v1/experiments/size',
  summary: 'How many units an experiment needs to find an effect',
  request: { body: jsonBody(sizeAsked) },
  responses: { 200: answer(sizeShape, 'Units per arm, rounded up'), ...problems },
});

const request = { params: z.object({ id: z.string() }) };

const one = createRoute({
  method: 'get',
  path: '/v1/experiments/{id}',
  summary: 'An experiment and its report so far',
  request,
  responses: { 200: answer(reportedShape, 'So far'), ...problems },
});

const effects = createRoute({
  method: 'get',
  path: '/v1/experiments/{id}/effects',
  summary: 'Relative effects as they were read each day, with their always-valid intervals',
  request,
  responses: {
    200: answer(
      z.object({ effects: z.array(objectOf<EffectsAt>('Arms, metrics and resultData')) }),
      'Oldest first; the last one is of this moment where it runs',
    ),
    ...problems,
  },
});

const start = createRoute({
  method: 'post',
  path: '/v1/experiments/{id}/start',
  summary: 'Start a draft; arms without a version are pinned to the champion of this moment',
  request: {
    ...request,
    body: jsonBody(z.object({ freezeWeights: z.boolean().default(true) }).strict()),
  },
  responses: { 200: answer(experimentShape, 'Running'), ...problems },
});

const widen = createRoute({
  method: 'post',
  path: '/v1/experiments/{id}/widen',
  summary: 'Let more of the layer’s units take part; units inside stay in their arms',
  request: { ...request, body: jsonBody(z.object({ traffic: z.number() }).strict()) },
  responses: { 200: answer(experimentShape, 'Wider'), ...problems },
});

const hold = createRoute({
  method: 'post',
  path: '/v1/experiments/{id}/hold',
  summary: 'Take no step of its ramp until it is resumed; its traffic stays',
  request: { ...request, body: jsonBody(z.object({ reason: line(500) }).strict()) },
  responses: { 200: answer(experimentShape, 'Held'), ...problems },
});

const resume = createRoute({
  method: 'post',
  path: '/v1/experiments/{id}/resume',
  summary: 'Take the steps of its ramp again, counted from now on',
  request,
  responses: { 200: answer(experimentShape, 'On its way'), ...problems },
});

const stop = createRoute({
  method: 'post',
  path: '/v1/experiments/{id}/stop',
  summary: 'Stop it, and freeze its report',
  request,
  responses: { 200: answer(reportedShape, 'The report'), ...problems },
});

/** All of the log is read for it, in the thread that also reads reports; five minutes more change little. */
const HOLDOUT_FRESH_MS = 300_000;

/** The draft exists nevertheless, and repeating the request would create another one. */
const notStarted = (error: unknown, id: string): unknown =>
  error instanceof ApiError
    ? new ApiError(error.status, error.code, `${error.message} (${id} stays a draft)`)
    : error;

export const experimentRoutes = ({
  store,
  experiments,
  reports,
  metricLearning,
  standingHoldout,
  nowMs,
}: Services) => {
  const shared = sharedReadings(nowMs, HOLDOUT_FRESH_MS);
  return router()
    .openapi(list, async (c) => {
      const [found, known] = [await listExperiments(store), await listLayers(store)];
      return c.json({ experiments: found.map((row) => experimentAnswer(row, known)) }, 200);
    })
    .openapi(layers, async (c) => c.json({ layers: await listLayers(store) }, 200))
    .openapi(metrics, (c) => {
      const builtIn = NAMED_METRICS.map((metric) => ({
        ...metric,
        from: DEFAULT_METRICS.includes(metric) ? ('default' as const) : ('further' as const),
      }));
      const own = experiments.ownMetrics.map((metric) => ({ ...metric, from: 'own' as const }));
      return c.json({ metrics: [...builtIn, ...own] }, 200);
    })
    .openapi(holdout, async (c) => c.json(await shared('holdout', standingHoldout), 200))
    .openapi(size, (c) => c.json(sampleSize(c.req.valid('json')), 200))
    .openapi(create, async (c) => {
      const { start: atOnce, freezeWeights, selfTest, ...asked } = c.req.valid('json');
      const { target } = metricLearning.settings;
      const test = selfTest === undefined ? undefined : selfTestOf(selfTest, target);
      const whole = withSelfTest(asked, test);
      const draft = await experiments.create(whole, actorOf(c));
      const made = atOnce
        ? await experiments.start(draft.id, actorOf(c), freezeWeights).catch((error: unknown) => {
            throw notStarted(error, draft.id);
          })
        : draft;
      return c.json(experimentAnswer(made, await listLayers(store)), 201);
    })
    .openapi(one, async (c) => {
      const row = await readExperiment(store, c.req.valid('param').id);
      const report = await reportOf(reports, row);
      return c.json(reportAnswer(row, await listLayers(store), report), 200);
    })
    .openapi(effects, async (c) => {
      const row = await readExperiment(store, c.req.valid('param').id);
      const stored = await effectsOverTime(store, row.id);
      const report = row.status === 'running' ? await reportOf(reports, row) : undefined;
      const now = report === undefined ? [] : [effectsOf(report.at, report.analysis)];
      return c.json({ effects: [...stored, ...now] }, 200);
    })
    .openapi(start, async (c) => {
      const { freezeWeights } = c.req.valid('json');
      const row = await experiments.start(c.req.valid('param').id, actorOf(c), freezeWeights);
      return c.json(experimentAnswer(row, await listLayers(store)), 200);
    })
    .openapi(widen, async (c) => {
      const { traffic } = c.req.valid('json');
      const row = await experiments.widen(c.req.valid('param').id, traffic, actorOf(c));
      return c.json(experimentAnswer(row, await listLayers(store)), 200);
    })
    .openapi(hold, async (c) => {
      const { reason } = c.req.valid('json');
      const row = await experiments.holdRamp(c.req.valid('param').id, actorOf(c), reason);
      return c.json(experimentAnswer(row, await listLayers(store)), 200);
    })
    .openapi(resume, async (c) => {
      const row = await experiments.resumeRamp(c.req.valid('param').id, actorOf(c));
      return c.json(experimentAnswer(row, await listLayers(store)), 200);
    })
    .openapi(stop, async (c) => {
      const row = await experiments.stop(c.req.valid('param').id, actorOf(c));
      const report = await freezeReport(reports, row);
      return c.json(reportAnswer(row, await listLayers(store), report), 200);
    });
};
