import { createRoute, z } from '@hono/zod-openapi';
import { CHANNELS } from '../../monitor/channel.ts';
import { sendTest } from '../../monitor/send-test.ts';
import { SEVERITIES, severityOf } from '../../monitor/severity.ts';
import { acknowledge } from '../../monitor/acknowledge.ts';
import { silence, silencesNow } from '../../monitor/silences.ts';
import { listAlerts } from '../../monitor/list-alerts.ts';
import {
  actorOf,
  anyObject,
  answer,
  epochMs,
  jsonBody,
  line,
  problems,
  queryNumber,
  router,
  windowStart,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const alert = z
  .object({
    id: z.number(),
    key: z
      .string()
      .openapi({ description: 'What it is about; one alert per key is open at a time' }),
    kind: z.string(),
    severity: z.enum(SEVERITIES),
    message: z.string(),
    details: anyObject,
    openedAt: epochMs,
    lastSeenAt: epochMs,
    resolvedAt: epochMs.nullable(),
    notifiedAt: epochMs.nullable().openapi({
      description:
        'When every channel had taken what it is told of it; without channels, when it was logged',
    }),
    recoveryNotifiedAt: epochMs.nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: epochMs.nullable(),
    silence: z
      .object({ reason: z.string(), by: z.string(), until: epochMs })
      .nullable()
      .openapi({ description: 'Until then no notices are sent of it' }),
  })
  .openapi('Alert');

const list = createRoute({
  method: 'get',
  path: '/v1/alerts',
  summary: 'Alerts, newest first; open ones by default',
  request: {
    query: z.strictObject({
      all: z
        .enum(['true', 'false'])
        .default('false')
        .openapi({ description: 'Include resolved alerts' }),
      since: windowStart('since').optional().openapi({
        description: 'Opened or resolved since then (epoch milliseconds or an ISO date); with all',
      }),
      limit: queryNumber(1, 500).default(100),
    }),
  },
  responses: { 200: answer(z.object({ alerts: z.array(alert) }), 'Alerts'), ...problems },
});

const acknowledged = createRoute({
  method: 'post',
  path: '/v1/alerts/{id}/acknowledge',
  summary: 'Say that somebody looks after it; notices go on as they would',
  request: { params: z.object({ id: queryNumber(1, Number.MAX_SAFE_INTEGER) }) },
  responses: { 200: answer(z.object({ acknowledged: z.literal(true) }), 'It is'), ...problems },
});

/** Longer silences are forgotten ones. */
const MAX_SILENCE_HOURS = 720;

const silenced = createRoute({
  method: 'post',
  path: '/v1/alerts/silence',
  summary: 'Send no notices of alerts of a key for some hours, and say why; 0 hours end a silence',
  request: {
    body: jsonBody(
      z.strictObject({
        key: z.string().min(1).max(400),
        hours: z.number().min(0).max(MAX_SILENCE_HOURS),
        reason: line(400),
      }),
    ),
  },
  responses: { 200: answer(z.object({ until: epochMs }), 'Until when'), ...problems },
});

const tried = createRoute({
  method: 'post',
  path: '/v1/alerts/test',
  summary: 'Send a test to the channels that are set, or to one of them',
  request: { body: jsonBody(z.strictObject({ channel: z.enum(CHANNELS).optional() })) },
  responses: {
    200: answer(
      z.object({
        tried: z.array(
          z.object({
            channel: z.enum(CHANNELS),
            problem: z
              .string()
              .nullable()
              .openapi({ description: 'Why it did not take the test; null: it did' }),
          }),
        ),
      }),
      'What each channel answered',
    ),
    ...problems,
  },
});

const HOUR_MS = 3_600_000;

export const alertRoutes = ({ store, alertChannels, nowMs }: Services) =>
  router()
    .openapi(acknowledged, async (c) => {
      const { id } = c.req.valid('param');
      await acknowledge(store, id, { by: actorOf(c), nowMs: nowMs() });
      return c.json({ acknowledged: true as const }, 200);
    })
    .openapi(silenced, async (c) => {
      const { key, hours, reason } = c.req.valid('json');
      const at = nowMs();
      const until = at + Math.round(hours * HOUR_MS);
      await silence(store, { key, reason, by: actorOf(c), at, until });
      return c.json({ until }, 200);
    })
    .openapi(tried, async (c) => {
      const { channel } = c.req.valid('json');
      const results = await sendTest(
        { store, channels: alertChannels },
        { ...(channel !== undefined && { only: channel }), by: actorOf(c), nowMs: nowMs() },
      );
      return c.json({ tried: results }, 200);
    })
    .openapi(list, async (c) => {
      const { all, since, limit } = c.req.valid('query');
      const silences = new Map((await silencesNow(store, nowMs())).map((one) => [one.key, one]));
      const found = await listAlerts(store, { all: all === 'true', since, limit });
      return c.json(
        {
          alerts: found.map((one) => ({
            ...one,
            severity: severityOf(one.kind),
            silence: silences.get(one.key) ?? null,
          })),
        },
        200,
      );
    });
