import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { parseGivenSchema } from '../../../shared/score/slate-rules/check-rules.ts';
import { liveScorer } from '../../models/live-schema.ts';
import { applySchema } from '../../rollouts/apply-schema.ts';
import {
  actorOf,
  answer,
  jsonBody,
  objectOf,
  problems,
  router,
  versionId,
} from '../contract/openapi.ts';
import { bucketWords, bucketWordsOf } from '../contract/bucket-words.ts';
import { settingAt } from '../../models/placement-settings.ts';
import { placementOfLineage } from '../contract/lineages.ts';
import type { Services } from '../contract/services.ts';

const named = z.object({ name: z.string(), hash: z.string() });

const show = createRoute({
  method: 'get',
  path: '/v1/schema',
  summary: 'The schema in force, and what its buckets mean',
  responses: {
    200: answer(
      z
        .object({
          version: versionId.openapi({ description: 'The champion, whose schema it is' }),
          schema: objectOf<Omit<Schema, 'slateRules'>>('Columns, features, filters and rules'),
          buckets: bucketWords,
        })
        .openapi('SchemaInForce'),
      'The schema of the champion',
    ),
    ...problems,
  },
});

const apply = createRoute({
  method: 'post',
  path: '/v1/schema',
  summary: 'Make another schema live: its rules become a new version, and that the champion',
  request: {
    body: jsonBody(
      z
        .object({
          schema: objectOf<object>('Columns, features, filters and rules')
            .optional()
            .openapi({ description: 'Else the one that the configuration file names' }),
          placement: placementOfLineage.optional(),
        })
        .strict(),
    ),
  },
  responses: {
    200: answer(
      z
        .object({
          applied: z.boolean().openapi({ description: 'False: it was live already' }),
          version: versionId,
          before: versionId,
          schema: named,
          items: z.number(),
          logs: z
            .array(named.extend({ days: z.number(), shared: z.number(), isRead: z.boolean() }))
            .openapi({
              description: 'Days of the log of other schemas, which stay',
            }),
        })
        .openapi('AppliedSchema'),
      'The champion before and now',
    ),
    ...problems,
  },
});

export const schemaRoutes = (services: Services) =>
  router()
    .openapi(show, async (c) => {
      const { version, schema } = await liveScorer(services.store, services.versions);
      return c.json({ version, schema, buckets: bucketWordsOf(schema) }, 200);
    })
    .openapi(apply, async (c) => {
      const { schema: given, placement } = c.req.valid('json');
      const schema =
        given === undefined ? configured(services, placement) : parseGivenSchema(given);
      const { logs, ...applied } = await applySchema(services, schema, actorOf(c), placement);
      return c.json({ ...applied, logs: [...logs] }, 200);
    });

function configured(
  { configuredSchema, placements }: Services,
  placement: string | undefined,
): Schema {
  const own = placement === undefined ? configuredSchema : settingAt(placements, placement)?.schema;
  if (own !== undefined) return own;
  throw new ApiError(
    400,
    'no_schema',
    'the configuration file names no schema: give one, as in "trimtab schema apply schema.json"',
  );
}
