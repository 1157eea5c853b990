import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { bucketCount, type Schema } from '../../../shared/features/schema.ts';
import { boundsOf, DAY_MS, floorToDay, startOfDay } from '../../../shared/domain/utc-day.ts';
import { exportDay } from '../../log/export/export-day.ts';
import { EXPORT_FORMATS, exportColumns, featureColumn } from '../../log/export/training-rows.ts';
import { readLogTime } from '../../log/log-time.ts';
import { rewardInForce } from '../../reward/in-force.ts';
import { recordAudit } from '../../store/audit.ts';
import { actorOf, answer, epochMs, problems, queryNumber, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const schemaAsked = z
  .string()
  .max(80)
  .optional()
  .openapi({ description: 'Hash or name; default: the live one' });

const rewardAsked = z.record(z.string().max(80), z.number());

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const plan = createRoute({
  method: 'get',
  path: '/v1/data/export',
  summary:
    'What training reads of the last days, day by day; brings the daily partitions up to date',
  request: {
    query: z.strictObject({ days: queryNumber(1, 3650).default(28), schema: schemaAsked }),
  },
  responses: {
    200: answer(
      z
        .object({
          schema: z.string(),
          schemaHash: z.string(),
          reward: z
            .record(z.string(), z.number())
            .openapi({ description: 'Metric → weight: what a label is the sum of' }),
          features: z.array(
            z.object({
              name: z.string(),
              column: z.string().openapi({ description: 'Of CSV and Parquet' }),
              buckets: z.number().openapi({ description: 'With 0, the missing one' }),
            }),
          ),
          columns: z.array(z.object({ name: z.string(), type: z.string(), about: z.string() })),
          days: z.array(
            z.object({
              day: z.string(),
              state: z.enum(['open', 'closed']),
              rankings: z.number(),
              rows: z.number().openapi({
                description: 'Shown items, with those that were pinned, which have no rows',
              }),
              closesAt: epochMs,
            }),
          ),
        })
        .openapi('TrainingExport'),
      'Days (UTC) on which something was ranked that may be trained on',
    ),
    ...problems,
  },
});

const day = createRoute({
  method: 'get',
  path: '/v1/data/export/{day}',
  summary: 'What training reads of one day, as a stream of rows',
  request: {
    params: z.object({
      day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2026-11-30'),
    }),
    query: z.strictObject({
      schema: schemaAsked,
      format: z.enum(EXPORT_FORMATS),
      firstGroup: queryNumber(0, 2 ** 31 - 1)
        .default(0)
        .openapi({
          description: 'Number of its first ranking; a header line is sent where it is 0',
        }),
      salt: z
        .string()
        .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
        .openapi({ description: 'Random, and the same for all days of one export' }),
      reward: z
        .string()
        .max(4000)
        .transform((text, ctx) => {
          const parsed = rewardAsked.safeParse(jsonOf(text));
          if (parsed.success) return parsed.data;
          ctx.addIssue('must be a JSON object of metrics with their weights');
          return z.NEVER;
        })
        .optional()
        .openapi({
          type: 'string',
          description:
            'What labels are the sum of, as the plan says it, so that all days of one export have the same; default: the reward in force now',
        }),
    }),
  },
  responses: {
    200: {
      description: 'Rows; x-trimtab-rankings says of how many rankings',
      content: { 'application/octet-stream': { schema: z.string() } },
    },
    ...problems,
  },
});

export const trainingExportRoutes = (services: Services) => {
  const { trainingData, versions, liveSchema, store, nowMs, rewardPolicy } = services;
  const schemaOf = async (asked: string | undefined): Promise<Schema> => {
    if (asked === undefined) return liveSchema();
    const found = (await versions.newestOf(asked))?.schema;
    if (found !== undefined) return found;
    throw new ApiError(404, 'unknown_schema', `no version has schema "${asked}"`);
  };
  const rewardOf = (schema: Schema) => rewardInForce(store, schema, nowMs(), { rewardPolicy });
  return router()
    .openapi(plan, async (c) => {
      const { days, schema: asked } = c.req.valid('query');
      const schema = await schemaOf(asked);
      const to = (await readLogTime(store.db, nowMs())) ?? nowMs();
      const from = Math.max(0, floorToDay(to) - (days - 1) * DAY_MS);
      const { manifests } = await trainingData.prepare(schema, { from, to });
      const names = schema.features.map(({ name }) => name);
      return c.json(
        {
          schema: schema.name,
          schemaHash: schema.hash,
          reward: await rewardOf(schema),
          features: schema.features.map((spec) => ({
            name: spec.name,
            column: featureColumn(spec.name),
            buckets: bucketCount(spec),
          })),
          columns: exportColumns(names),
          days: manifests
            .filter(({ rows }) => rows > 0)
            .map((one) => ({
              day: one.day,
              state: one.state,
              rankings: one.rankings,
              rows: one.rows,
              closesAt: one.closesAt,
            })),
        },
        200,
      );
    })
    .openapi(day, async (c) => {
      const { schema: asked, format, firstGroup, salt, reward } = c.req.valid('query');
      const wanted = c.req.valid('param').day;
      if (Number.isNaN(startOfDay(wanted)))
        throw new ApiError(400, 'invalid_request', `there is no day ${wanted}`);
      const schema = await schemaOf(asked);
      // Whoever was erased or left out since the plan is in none of it.
      const { manifests } = await trainingData.prepare(schema, boundsOf(wanted));
      const manifest = manifests.find((one) => one.day === wanted);
      if (manifest === undefined || manifest.rows === 0)
        throw new ApiError(
          404,
          'no_partition',
          `nothing of ${wanted} under schema ${schema.name} may be trained on`,
        );
      await store.write([
        recordAudit(store, {
          at: nowMs(),
          actor: actorOf(c),
          action: 'export training data',
          subject: wanted,
          details: { schema: schema.name, format, rankings: manifest.rankings },
        }),
      ]);
      const pieces = exportDay({
        location: trainingData.location,
        manifest: { parts: manifest.parts },
        format,
        features: schema.features.map(({ name }) => name),
        reward: reward ?? (await rewardOf(schema)),
        firstGroup,
        isFirst: firstGroup === 0 || format === 'parquet',
        salt,
      });
      return c.body(pieces as ReadableStream, 200, {
        'content-type': 'application/octet-stream',
        'cache-control': 'no-store',
        'x-trimtab-rankings': String(manifest.rankings),
      });
    });
};
