import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { runningExperiments } from '../../experiments/read-experiments.ts';
import { actorOf, answer, placement, problems, router, versionParam } from '../contract/openapi.ts';
import { liveLineages, liveLineageShape, ofLineage } from '../contract/lineages.ts';
import type { Services } from '../contract/services.ts';
import { liveWeights, liveWeightsShape } from '../contract/live-weights.ts';

const moved = {
  200: answer(
    z.object({
      weights: liveWeightsShape.nullable(),
      placements: z
        .array(liveLineageShape)
        .openapi({ description: 'Of placements with a lineage of their own' }),
    }),
    'What is live now; every edge loads it within its refresh interval',
  ),
  ...problems,
};

const promote = createRoute({
  method: 'post',
  path: '/v1/weights/{version}/promote',
  summary: 'Make a version the champion',
  request: { params: versionParam, query: ofLineage },
  responses: moved,
});

const rollback = createRoute({
  method: 'post',
  path: '/v1/weights/{version}/rollback',
  summary:
    'Give everyone a version at once and hold it: nothing else goes live until it is released',
  request: { params: versionParam, query: ofLineage },
  responses: moved,
});

const release = createRoute({
  method: 'post',
  path: '/v1/weights/release',
  summary: 'Lift the hold; what is live stays live until something is promoted',
  request: { query: ofLineage },
  responses: moved,
});

const end = createRoute({
  method: 'delete',
  path: '/v1/placements/{placement}',
  summary: 'End the lineage of a placement: the default one ranks it from now on',
  request: { params: z.object({ placement }) },
  responses: moved,
});

export const promotionRoutes = ({ store, livePointer, placements: configured }: Services) => {
  const now = async () => ({
    weights: await liveWeights(store),
    placements: await liveLineages(store, Object.keys(configured)),
  });
  return router()
    .openapi(promote, async (c) => {
      const { placement: of } = c.req.valid('query');
      await livePointer.promote(c.req.valid('param').version, actorOf(c), of);
      return c.json(await now(), 200);
    })
    .openapi(rollback, async (c) => {
      const { placement: of } = c.req.valid('query');
      await livePointer.rollback(c.req.valid('param').version, actorOf(c), of);
      return c.json(await now(), 200);
    })
    .openapi(release, async (c) => {
      await livePointer.release(actorOf(c), c.req.valid('query').placement);
      return c.json(await now(), 200);
    })
    .openapi(end, async (c) => {
      const { placement: of } = c.req.valid('param');
      if (Object.hasOwn(configured, of))
        throw new ApiError(
          409,
          'configured',
          `the configuration gives placement ${of} a lineage of its own, and the next check would begin it anew: take it out of "placements" of trimtab.config.ts, and restart the backend, first`,
        );
      const running = (await runningExperiments(store)).find(
        ({ kind, lineage }) => kind === 'experiment' && lineage === of,
      );
      if (running !== undefined)
        throw new ApiError(
          409,
          'experiment_runs',
          `experiment ${running.name} (${running.id}) compares versions of placement ${of}, and would get no more rankings: stop it first`,
        );
      await livePointer.end(of, actorOf(c));
      return c.json(await now(), 200);
    });
};
