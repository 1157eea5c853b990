import { createRoute, z } from '@hono/zod-openapi';
import { actorOf, answer, problems, router, versionParam } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';
import { liveWeights, liveWeightsShape } from '../contract/live-weights.ts';

const moved = {
  200: answer(
    z.object({ weights: liveWeightsShape.nullable() }),
    'What is live now; every edge loads it within its refresh interval',
  ),
  ...problems,
};

const promote = createRoute({
  method: 'post',
  path: '/v1/weights/{version}/promote',
  summary: 'Make a version the champion',
  request: { params: versionParam },
  responses: moved,
});

const rollback = createRoute({
  method: 'post',
  path: '/v1/weights/{version}/rollback',
  summary:
    'Give everyone a version at once and hold it: nothing else goes live until it is released',
  request: { params: versionParam },
  responses: moved,
});

const release = createRoute({
  method: 'post',
  path: '/v1/weights/release',
  summary: 'Lift the hold; what is live stays live until something is promoted',
  responses: moved,
});

export const promotionRoutes = ({ store, livePointer }: Services) =>
  router()
    .openapi(promote, async (c) => {
      await livePointer.promote(c.req.valid('param').version, actorOf(c));
      return c.json({ weights: await liveWeights(store) }, 200);
    })
    .openapi(rollback, async (c) => {
      await livePointer.rollback(c.req.valid('param').version, actorOf(c));
      return c.json({ weights: await liveWeights(store) }, 200);
    })
    .openapi(release, async (c) => {
      await livePointer.release(actorOf(c));
      return c.json({ weights: await liveWeights(store) }, 200);
    });
