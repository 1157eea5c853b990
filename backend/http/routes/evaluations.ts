import { createRoute, z } from '@hono/zod-openapi';
import { isVersion, type Version } from '../../../shared/domain/ids.ts';
import { anyObject, answer, epochMs, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const version = z
  .custom<Version>(isVersion, 'must look like v000041')
  .openapi({ type: 'string', example: 'v000041' });

const params = z.object({ version });

const evaluate = createRoute({
  method: 'post',
  path: '/v1/weights/{version}/evaluate',
  summary: 'Judge a version on rankings that neither it nor its champion learned from',
  request: {
    params,
    body: jsonBody(
      z
        .object({
          against: version.optional().openapi({ description: 'Default: the champion' }),
          from: epochMs
            .optional()
            .openapi({ description: 'Default: the end of what either learned from' }),
          to: epochMs.optional(),
        })
        .strict(),
    ),
  },
  responses: { 200: answer(anyObject, 'Measures, off-policy estimates and the gate'), ...problems },
});

const list = createRoute({
  method: 'get',
  path: '/v1/weights/{version}/evaluations',
  summary: 'What was found of a version, newest first',
  request: { params },
  responses: {
    200: answer(
      z.object({
        evaluations: z.array(
          z.object({
            id: z.number(),
            version: z.string(),
            against: z.string(),
            at: epochMs,
            report: anyObject,
          }),
        ),
      }),
      'Evaluations',
    ),
    ...problems,
  },
});

export const evaluationRoutes = ({ evaluations }: Services) =>
  router()
    .openapi(evaluate, async (c) => {
      const found = await evaluations.evaluate({
        ...c.req.valid('param'),
        ...c.req.valid('json'),
      });
      return c.json({ ...found }, 200);
    })
    .openapi(list, async (c) =>
      c.json({ evaluations: await evaluations.list(c.req.valid('param').version) }, 200),
    );
