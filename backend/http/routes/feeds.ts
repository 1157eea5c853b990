import { createRoute, z } from '@hono/zod-openapi';
import { actorOf, answer, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';
import { feedAnswers, feedShape } from './feed-shapes.ts';

const list = createRoute({
  method: 'get',
  path: '/v1/feeds',
  summary: 'The feeds of the catalogue, and what became of them',
  responses: {
    200: answer(z.object({ feeds: z.array(feedShape) }), 'In the order of the configuration'),
    ...problems,
  },
});

const read = createRoute({
  method: 'post',
  path: '/v1/feeds/{name}/read',
  summary: 'Read a feed now: all of it, or nothing',
  request: {
    params: z.object({ name: z.string() }),
    body: jsonBody(
      z
        .object({
          whole: z.boolean().optional().openapi({
            description: 'Also where its server would say that nothing has changed',
          }),
          anyShare: z.boolean().optional().openapi({
            description: 'Whatever share of its items it takes out',
          }),
        })
        .strict(),
    ),
  },
  responses: {
    200: answer(
      z.object({
        notModified: z.boolean().openapi({ description: 'Then all counts are 0' }),
        created: z.number(),
        changed: z.number(),
        unchanged: z.number(),
        withdrawn: z.number(),
        refused: z.number().openapi({ description: 'Rows; their items stay as they were' }),
        refusals: z.string(),
      }),
      'What became of the items; 422 `feed_refused` says why it was refused',
    ),
    ...problems,
  },
});

export const feedRoutes = (services: Services) =>
  router()
    .openapi(list, async (c) => c.json({ feeds: await feedAnswers(services) }, 200))
    .openapi(read, async (c) => {
      const { whole = false, anyShare = false } = c.req.valid('json');
      const options = { actor: actorOf(c), whole, anyShare };
      return c.json(await services.feeds.read(c.req.valid('param').name, options), 200);
    });
