import { createRoute, z } from '@hono/zod-openapi';
import { desc, eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { checkExploration } from '../../../shared/domain/exploration.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { parseGivenSchema } from '../../../shared/score/slate-rules/check-rules.ts';
import { scorerFromBytes } from '../../../shared/format/scorer-bytes.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { additiveFromPoints, crossPointsOf, pointsOf } from '../../../shared/score/scorer.ts';
import { deviationsOf, weightHistory } from '../../models/weight-history.ts';
import { belowMinimumsOf } from '../../models/below-minimums.ts';
import { recordAudit } from '../../store/audit.ts';
import { addVersion } from '../../models/add-version.ts';
import { byNumber, unknownVersion } from '../../models/versions.ts';
import { sentScorer } from '../../runs/online/learned-scorer.ts';
import { weights } from '../../store/tables.ts';
import {
  actorOf,
  anyObject,
  answer,
  epochMs,
  jsonBody,
  objectOf,
  problems,
  queryNumber,
  router,
  versionId,
  versionParam,
} from '../contract/openapi.ts';
import { belowMinimums } from '../contract/below-minimums.ts';
import { bucketWords, bucketWordsOf } from '../contract/bucket-words.ts';
import type { Services } from '../contract/services.ts';

const about = z
  .object({
    version: z.string(),
    parent: z.string().nullable(),
    name: z.string(),
    kind: z.string(),
    schemaName: z.string(),
    schemaHash: z.string(),
    sha256: z.string(),
    lineage: anyObject.openapi({
      description: 'Where it comes from: data window, counts, metrics',
    }),
    belowMinimums,
    createdAt: epochMs,
  })
  .openapi('Weights');

const points = z
  .record(z.string(), z.array(z.number()))
  .openapi({ description: 'Feature → points by bucket from 0 (missing)' });
const crosses = z
  .array(
    z.strictObject({
      features: z.tuple([z.string(), z.string()]),
      points: z.array(z.array(z.number())),
    }),
  )
  .openapi({
    description:
      'Learned crosses: two features, the earlier one first, and points by bucket of the first and of the second, from 0 (missing)',
  });
const exploration = z
  .object({
    temperature: z.number(),
    epsilon: z.number(),
    poolSize: z.number(),
    optimism: z.number().optional(),
    maxLoss: z.number().optional(),
    fromSlot: z.number().optional(),
    prior: z.number().optional(),
    raisedFeatures: z.number().optional(),
  })
  .strict();

const whole = about
  .extend({
    schema: objectOf<Omit<Schema, 'slateRules'>>('Columns, features, filters and rules'),
    buckets: bucketWords,
    points,
    deviations: points.nullable().openapi({
      description:
        'Standard deviations of the posterior of those points; null where there is no posterior',
    }),
    served: points.nullable().openapi({
      description:
        'The points that visitors are ranked by, with what was learned as people click; null where that is nothing',
    }),
    crosses,
    calibration: z.object({ intercept: z.number(), slope: z.number() }),
    exploration,
  })
  .openapi('WeightsInFull');

const given = z
  .object({
    name: z.string().min(1).max(80),
    schema: objectOf<object>('Columns, features, filters and rules')
      .optional()
      .openapi({ description: 'A whole schema; else the parent’s, else the champion’s' }),
    points: z.record(z.string(), z.array(z.number())),
    crosses: crosses.optional(),
    exploration: exploration.partial().optional(),
    parent: versionId.optional(),
  })
  .strict()
  .openapi('NewWeights');

const list = createRoute({
  method: 'get',
  path: '/v1/weights',
  summary: 'Every version, newest first',
  responses: { 200: answer(z.object({ weights: z.array(about) }), 'Versions'), ...problems },
});

const one = createRoute({
  method: 'get',
  path: '/v1/weights/{version}',
  summary: 'A version: its points by feature, its lineage, its schema',
  request: { params: versionParam },
  responses: { 200: answer(whole, 'The version'), ...problems },
});

const history = createRoute({
  method: 'get',
  path: '/v1/weights/{version}/features/{feature}',
  summary: 'Points of one feature in the newest versions of the same schema, oldest first',
  request: {
    params: versionParam.extend({ feature: z.string().min(1).max(80) }),
    query: z.strictObject({ limit: queryNumber(1, 60).default(30) }),
  },
  responses: {
    200: answer(
      z.object({
        feature: z.string(),
        buckets: z.array(z.string()),
        versions: z.array(
          z.object({
            version: z.string(),
            name: z.string(),
            createdAt: epochMs,
            points: z.array(z.number()).readonly(),
            deviations: z.array(z.number()).readonly().nullable(),
          }),
        ),
      }),
      'By version; buckets from 0 (missing)',
    ),
    ...problems,
  },
});

const create = createRoute({
  method: 'post',
  path: '/v1/weights',
  summary: 'Store a scorer as a new version and write it to KV; the live version stays',
  request: { body: jsonBody(given) },
  responses: {
    201: answer(z.object({ version: z.string() }), 'The version that was assigned'),
    ...problems,
  },
});

const MAX_LISTED = 1000;

export const weightRoutes = (services: Services) => {
  const { store, versions, liveSchema, nowMs } = services;
  const row = async (version: string) => {
    const [found] = await store.db.select().from(weights).where(eq(weights.version, version));
    if (found === undefined) throw unknownVersion(version);
    return found;
  };
  return router()
    .openapi(list, async (c) => {
      const { bytes: _, ...columns } = weights;
      const { version, parent, name, kind, schemaName, schemaHash, sha256, lineage, createdAt } =
        columns;
      const shown = {
        version,
        parent,
        name,
        kind,
        schemaName,
        schemaHash,
        sha256,
        lineage,
        createdAt,
      };
      const rows = await store.db
        .select(shown)
        .from(weights)
        .orderBy(desc(byNumber))
        .limit(MAX_LISTED);
      const answered = rows.map((own) => ({
        ...own,
        belowMinimums: belowMinimumsOf(own.lineage),
      }));
      return c.json({ weights: answered }, 200);
    })
    .openapi(one, async (c) => {
      const { bytes, ...found } = await row(c.req.valid('param').version);
      const scorer = scorerFromBytes(new Uint8Array(bytes));
      const { schema, calibration, exploration: own } = scorer;
      const learned = await sentScorer(store, scorer);
      return c.json(
        {
          ...found,
          belowMinimums: belowMinimumsOf(found.lineage),
          schema,
          buckets: bucketWordsOf(schema),
          points: pointsOf(scorer),
          deviations: deviationsOf(scorer),
          served: learned === undefined ? null : pointsOf(learned),
          crosses: crossPointsOf(scorer),
          calibration,
          exploration: own,
        },
        200,
      );
    })
    .openapi(history, async (c) => {
      const { version, feature } = c.req.valid('param');
      const { schemaHash, bytes } = await row(version);
      const { schema } = scorerFromBytes(new Uint8Array(bytes));
      const buckets = bucketWordsOf(schema)[feature];
      if (buckets === undefined)
        throw new ApiError(404, 'unknown_feature', `${version} has no feature "${feature}"`);
      const { limit } = c.req.valid('query');
      const found = await weightHistory(store, { schemaHash, feature, limit });
      return c.json({ feature, buckets, versions: found }, 200);
    })
    .openapi(create, async (c) => {
      const body = c.req.valid('json');
      const parent = body.parent === undefined ? undefined : await versions.load(body.parent);
      const schema: Schema =
        body.schema === undefined
          ? (parent?.schema ?? (await liveSchema()))
          : parseGivenSchema(body.schema);
      const explored = checkExploration({ ...schema.exploration, ...body.exploration });
      const { crosses: pairs = [] } = body;
      if (pairs.length > 0 && (await services.edgeReadsCrosses()) !== true)
        throw new ApiError(
          409,
          'edge_too_old',
          'the edge does not say that it reads learned crosses: upgrade the Worker first',
        );
      const { version: _, ...typed } = additiveFromPoints(schema, body.points, {
        // A placeholder: the store assigns the real version.
        version: RULES_VERSION,
        name: body.name,
        ...(parent && { parent: parent.version }),
        exploration: explored,
        crosses: pairs,
      });
      const scorer = { ...typed, posterior: unlearned(schema, explored, typed.crosses) };
      const by = actorOf(c);
      const version = await addVersion(services, scorer, { givenBy: by });
      await store.write([
        recordAudit(store, {
          at: nowMs(),
          actor: by,
          action: 'add weights',
          subject: version,
          details: { name: body.name, schema: schema.name },
        }),
      ]);
      return c.json({ version }, 201);
    });
};
