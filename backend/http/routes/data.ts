import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import {
  answer,
  epochMs,
  givenMoment,
  problems,
  router,
  windowStart,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const counts = z.record(z.string(), z.number());
const share = z.object({ share: z.number().nullable(), count: z.number(), of: z.number() });

const report = z
  .object({
    schema: z.string(),
    schemaHash: z.string(),
    from: epochMs,
    to: epochMs,
    passed: z.boolean(),
    failures: z.array(z.string()).readonly(),
    warnings: z.array(z.string()).readonly(),
    completeness: share.openapi({ description: 'Rankings with every field logged' }),
    incomplete: counts.openapi({ description: 'Incomplete rankings by the field at fault' }),
    attribution: share.openapi({ description: 'Feedback events that join a stored ranking' }),
    awaiting: z.number().openapi({
      description:
        'Feedback events whose ranking may still be on its way; not among those of attribution',
    }),
    lost: z.object({
      reported: share.openapi({ description: 'Rankings that the edge answered and could not log' }),
      orphaned: share.openapi({
        description: 'Feedback events of days that are over, which join no stored ranking',
      }),
    }),
    freshness: z.object({
      newestRankingAt: epochMs.nullable(),
      newestEventAt: epochMs.nullable(),
      ageMs: z.number().nullable(),
    }),
    filtered: z
      .object({ sessions: counts, rankings: counts, events: counts })
      .openapi({ description: 'Left out of training, by reason' }),
    missing: counts.openapi({
      description: 'By feature: share of shown items in which it is missing',
    }),
    unseen: z
      .array(
        z.object({
          attribute: z.string(),
          value: z.string(),
          items: z.number(),
          share: z.number().openapi({ description: 'Of all items that can be shown' }),
        }),
      )
      .readonly()
      .openapi({ description: 'Values of the catalogue of which no item was shown' }),
    days: z
      .array(
        z.object({
          day: z.string(),
          rankings: z.number(),
          kept: z.number(),
          clicked: z.number(),
          events: z.number(),
          partition: z.enum(['open', 'closed']),
        }),
      )
      .readonly(),
    limits: z.object({
      minCompleteness: z.number(),
      minAttribution: z.number(),
      maxLostShare: z.number(),
      maxAgeHours: z.number(),
      maxMissingShare: z.number(),
      maxLeftOut: z.record(z.string(), z.number()).openapi({ description: 'By reason' }),
    }),
  })
  .openapi('DataQuality');

const quality = createRoute({
  method: 'get',
  path: '/v1/data/quality',
  summary: 'Quality of the logged data for training; brings the daily partitions up to date',
  request: {
    query: z.strictObject({
      schema: z.string().optional().openapi({ description: 'Hash or name; default: the live one' }),
      from: windowStart('from').optional(),
      to: givenMoment('to').optional(),
    }),
  },
  responses: {
    200: answer(report, 'Of whole days (UTC); by default all days of the retention'),
    ...problems,
  },
});

const prune = createRoute({
  method: 'post',
  path: '/v1/data/prune',
  summary: 'Delete what is older than the retention, now',
  responses: {
    200: answer(
      z.object({
        before: epochMs.openapi({ description: 'Nothing from before this is left' }),
        decisions: z.number(),
        events: z.number(),
        outcomes: z.number(),
        batches: z.number(),
        partitions: z.number(),
      }),
      'What was deleted',
    ),
    ...problems,
  },
});

export const dataRoutes = ({ trainingData, versions, liveSchema, nowMs }: Services) =>
  router()
    .openapi(quality, async (c) => {
      const { schema: asked, from, to = nowMs() } = c.req.valid('query');
      const schema =
        asked === undefined ? await liveSchema() : (await versions.newestOf(asked))?.schema;
      if (schema === undefined)
        throw new ApiError(404, 'unknown_schema', `no version has schema "${asked}"`);
      const start = from ?? Math.max(0, to - trainingData.settings.retentionDays * DAY_MS);
      if (start > to) throw new ApiError(400, 'invalid_request', `from must not be after to`);
      const { quality: found } = await trainingData.prepare(schema, { from: start, to });
      return c.json(found, 200);
    })
    .openapi(prune, async (c) => c.json(await trainingData.prune(), 200));
