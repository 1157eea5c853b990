import { createRoute, z } from '@hono/zod-openapi';
import type { PastRanking } from '../../offline/past-ranking.ts';
import type { Preview } from '../../offline/preview.ts';
import {
  anyObject,
  answer,
  epochMs,
  givenMoment,
  jsonBody,
  objectOf,
  problems,
  router,
  versionId,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MAX_COMPARED = 2;
const MAX_SEED = 2 ** 32 - 1;

const previewed = createRoute({
  method: 'post',
  path: '/v1/rankings/preview',
  summary:
    'What one or two versions would answer to a request, every point explained; nothing is logged',
  request: {
    body: jsonBody(
      z.strictObject({
        request: anyObject.openapi({ description: 'The body of a rank request' }),
        versions: z.array(versionId).min(1).max(MAX_COMPARED).optional().openapi({
          description: 'Default: the live champion',
        }),
        seed: z.number().int().min(0).max(MAX_SEED).default(1),
        at: givenMoment('at').optional().openapi({ description: 'Default: now' }),
        explore: z.boolean().default(false).openapi({
          description: 'Draw as the version explores; else its best items in order',
        }),
      }),
    ),
  },
  responses: {
    200: answer(
      z.object({
        at: epochMs,
        slates: z.array(objectOf<Preview>('Items with their points, and what filters keep out')),
      }),
      'A slate of each version',
    ),
    ...problems,
  },
});

const one = createRoute({
  method: 'get',
  path: '/v1/rankings/{rankingId}',
  summary:
    'A ranking of the log: its points, what was done with it, and whether it can be drawn again',
  request: { params: z.object({ rankingId: z.string().min(1).max(128) }) },
  responses: { 200: answer(objectOf<PastRanking>('The ranking'), 'The ranking'), ...problems },
});

export const rankingRoutes = ({ rankings, account, nowMs }: Services) =>
  router()
    .openapi(previewed, async (c) => {
      const { request, versions = [undefined], seed, explore, at = nowMs() } = c.req.valid('json');
      const slates: Preview[] = [];
      for (const version of versions)
        slates.push(await rankings.preview({ request, version, seed, explore, nowMs: at }));
      return c.json({ at, slates }, 200);
    })
    .openapi(one, async (c) => {
      await account.update();
      return c.json(await rankings.past(c.req.valid('param').rankingId), 200);
    });
