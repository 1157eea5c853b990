import { createRoute, z } from '@hono/zod-openapi';
import { listAlerts } from '../../monitor/list-alerts.ts';
import {
  anyObject,
  answer,
  epochMs,
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
    message: z.string(),
    details: anyObject,
    openedAt: epochMs,
    lastSeenAt: epochMs,
    resolvedAt: epochMs.nullable(),
    notifiedAt: epochMs.nullable().openapi({ description: 'When the webhook accepted it' }),
    recoveryNotifiedAt: epochMs.nullable(),
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

export const alertRoutes = ({ store }: Services) =>
  router().openapi(list, async (c) => {
    const { all, since, limit } = c.req.valid('query');
    return c.json({ alerts: await listAlerts(store, { all: all === 'true', since, limit }) }, 200);
  });
