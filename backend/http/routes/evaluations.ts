import { createRoute, z } from '@hono/zod-openapi';
import type { VersionEvaluation } from '../../runs/evaluate/evaluate-version.ts';
import {
  answer,
  epochMs,
  givenMoment,
  jsonBody,
  objectOf,
  problems,
  router,
  versionId,
  versionParam,
  windowStart,
} from '../contract/openapi.ts';
import { placementOfLineage } from '../contract/lineages.ts';
import type { Services } from '../contract/services.ts';

const report = objectOf<VersionEvaluation>('Measures, off-policy estimates and the gate');

const evaluate = createRoute({
  method: 'post',
  path: '/v1/weights/{version}/evaluate',
  summary: 'Evaluate a version on rankings that neither it nor the champion learned from',
  request: {
    params: versionParam,
    body: jsonBody(
      z
        .object({
          against: versionId.optional().openapi({ description: 'Default: the champion' }),
          from: windowStart('from')
            .optional()
            .openapi({ description: 'Default: the end of the training data of both' }),
          to: givenMoment('to').optional(),
          placement: placementOfLineage.optional().openapi({
            description:
              'The lineage whose rankings and champion it is compared by; default: that which it was trained for',
          }),
        })
        .strict(),
    ),
  },
  responses: { 200: answer(report, 'The evaluation'), ...problems },
});

const list = createRoute({
  method: 'get',
  path: '/v1/weights/{version}/evaluations',
  summary: 'Evaluations of a version, newest first',
  request: { params: versionParam },
  responses: {
    200: answer(
      z.object({
        evaluations: z.array(
          z.object({
            id: z.number(),
            version: z.string(),
            against: z.string(),
            at: epochMs,
            report,
            coverage: z.record(z.string(), z.number()).nullable().openapi({
              description:
                'Held-out rankings and candidates, and those that could be used; null: not stored',
            }),
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
      return c.json(found, 200);
    })
    .openapi(list, async (c) => {
      const rows = await evaluations.list(c.req.valid('param').version);
      // Reports are JSON in the database, as evaluations wrote them.
      const found = rows.map((row) => ({
        ...row,
        report: {
          ...row.report,
          ...(row.coverage && { coverage: row.coverage }),
        } as unknown as VersionEvaluation,
      }));
      return c.json({ evaluations: found }, 200);
    });
