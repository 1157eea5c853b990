import { createRoute, z } from '@hono/zod-openapi';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { leaveOut, liftExclusion, listExclusions } from '../../log/exclusions.ts';
import type { Anomalies } from '../../log/review/anomalies.ts';
import type { ReviewedSession } from '../../log/review/sessions.ts';
import type { Exposure } from '../../log/review/exposure.ts';
import type { Spread } from '../../log/review/spread.ts';
import {
  actorOf,
  answer,
  epochMs,
  jsonBody,
  line,
  objectOf,
  problems,
  queryNumber,
  router,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const kind = z.enum(['session', 'user']);
const subject = z.string().min(1).max(128).openapi({ description: 'The keyed id of the log' });
const reason = line(500);
const days = queryNumber(1, 90).default(14);

const exclusion = z.object({
  id: z.number(),
  kind,
  subject,
  reason: z.string(),
  by: z.string(),
  at: epochMs,
  liftedAt: epochMs.nullable(),
  liftedBy: z.string().nullable(),
  liftReason: z.string().nullable(),
});

const anomalies = createRoute({
  method: 'get',
  path: '/v1/data/anomalies',
  summary: 'Traffic that is unlike the rest, by hour, source and visitor, for review',
  request: { query: z.strictObject({ days }) },
  responses: {
    200: answer(objectOf<Anomalies>('Nothing is left out because of it'), 'Of rankings that count'),
    ...problems,
  },
});

const spread = createRoute({
  method: 'get',
  path: '/v1/data/spread',
  summary: 'How the items that training reads are spread over the catalogue’s values and ranges',
  request: { query: z.strictObject({ days }) },
  responses: {
    200: answer(
      objectOf<Spread>(
        'Column by column, with as many buckets as there would be if all were alike',
      ),
      'Shown and clicked items of rankings that training may read, beside today’s catalogue',
    ),
    ...problems,
  },
});

const sessions = createRoute({
  method: 'get',
  path: '/v1/data/sessions',
  summary: 'A random sample of sessions as they were seen, or those of one visitor',
  request: {
    query: z.strictObject({
      days,
      limit: queryNumber(1, 50).default(5),
      draw: queryNumber(0, 1_000_000).default(0).openapi({ description: 'Another draws others' }),
      kind: kind.optional(),
      subject: subject.optional(),
    }),
  },
  responses: {
    200: answer(
      z.object({ sessions: z.array(objectOf<ReviewedSession>('As it was seen')).readonly() }),
      'With why training does not read a ranking, where it does not',
    ),
    ...problems,
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/data/exclusions',
  summary: 'Who was left out of what is learned from, by whom and why',
  responses: {
    200: answer(z.object({ exclusions: z.array(exclusion) }), 'Those that hold first'),
    ...problems,
  },
});

const create = createRoute({
  method: 'post',
  path: '/v1/data/exclusions',
  summary: 'Leave a session or user out of all that learns or evaluates',
  request: { body: jsonBody(z.strictObject({ kind, subject, reason })) },
  responses: { 201: answer(exclusion, 'It holds from the next reading on'), ...problems },
});

const exposure = createRoute({
  method: 'get',
  path: '/v1/data/exposure',
  summary: 'How the places of lists were shared among the values of an attribute',
  request: {
    query: z.strictObject({
      attribute: z.string().min(1).max(80).openapi({ description: 'Of the live schema' }),
      days,
    }),
  },
  responses: {
    200: answer(
      objectOf<Exposure>(
        'Group by group: its share of the catalogue, of exposure and of merit, with 95 % intervals by person',
      ),
      'Of rankings that training may read; what was pinned is left out',
    ),
    ...problems,
  },
});

const lift = createRoute({
  method: 'post',
  path: '/v1/data/exclusions/{id}/lift',
  summary: 'Learn from what was left out again',
  request: {
    params: z.object({ id: queryNumber(1, Number.MAX_SAFE_INTEGER) }),
    body: jsonBody(z.strictObject({ reason })),
  },
  responses: { 200: answer(exclusion, 'It stays in the list'), ...problems },
});

export const reviewRoutes = ({ store, review, liveSchema, nowMs }: Services) => {
  const spanOf = (count: number) => ({ from: Math.max(0, nowMs() - count * DAY_MS), to: nowMs() });
  return router()
    .openapi(anomalies, async (c) =>
      c.json(await review.anomalies(spanOf(c.req.valid('query').days), nowMs()), 200),
    )
    .openapi(spread, async (c) =>
      c.json(
        await review.spread(await liveSchema(), spanOf(c.req.valid('query').days), nowMs()),
        200,
      ),
    )
    .openapi(exposure, async (c) => {
      const { days: count, attribute } = c.req.valid('query');
      const found = await review.exposure(await liveSchema(), spanOf(count), nowMs(), attribute);
      return c.json(found, 200);
    })
    .openapi(sessions, async (c) => {
      const { days: count, limit, draw, kind: of, subject: id } = c.req.valid('query');
      const found = await review.sessions(spanOf(count), {
        most: limit,
        draw,
        ...(id !== undefined && { of: { kind: of ?? 'session', subject: id } }),
      });
      return c.json({ sessions: found }, 200);
    })
    .openapi(list, async (c) => c.json({ exclusions: await listExclusions(store) }, 200))
    .openapi(create, async (c) => {
      const { reason: why, ...whom } = c.req.valid('json');
      const by = actorOf(c);
      return c.json(await leaveOut(store, whom, { reason: why, by }, nowMs()), 201);
    })
    .openapi(lift, async (c) => {
      const given = { reason: c.req.valid('json').reason, by: actorOf(c) };
      return c.json(await liftExclusion(store, c.req.valid('param').id, given, nowMs()), 200);
    });
};
