import { createRoute, z } from '@hono/zod-openapi';
import { answer, router } from '../contract/openapi.ts';
import { ROLES } from '../../scheduler/roles.ts';
import type { Services } from '../contract/services.ts';

const live = createRoute({
  method: 'get',
  path: '/health/live',
  summary: 'The process answers',
  responses: { 200: answer(z.object({ live: z.literal(true) }), 'It answers') },
});

const readiness = z.object({
  ready: z.boolean(),
  problems: z.array(z.string()),
  roles: z.array(z.enum(ROLES)).openapi({ description: 'What this backend does' }),
});
const readyRoute = createRoute({
  method: 'get',
  path: '/health/ready',
  summary: 'The database can be written, and the edge is up to date',
  responses: {
    200: answer(readiness, 'Ready'),
    503: answer(readiness, 'Not ready, with the reasons'),
  },
});

const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'For Prometheus',
  responses: {
    200: { description: 'Text format', content: { 'text/plain': { schema: z.string() } } },
  },
});

export const healthRoutes = (services: Services) =>
  router()
    .openapi(live, (c) => c.json({ live: true as const }, 200))
    .openapi(readyRoute, async (c) => {
      const problems = await services.problems();
      const ready = problems.length === 0;
      return c.json({ ready, problems, roles: [...services.roles] }, ready ? 200 : 503);
    })
    .openapi(metrics, async (c) => {
      await services.refreshGauges();
      return c.text(services.metrics.text(), 200, {
        'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      });
    });
