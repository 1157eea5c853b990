import { createRoute, z } from '@hono/zod-openapi';
import { answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const shape = z.object({
  checks: z.array(
    z
      .object({
        name: z.string(),
        state: z.enum(['ok', 'warning', 'problem']),
        found: z.string().openapi({ description: 'What was found, and what it means' }),
        remedy: z
          .string()
          .optional()
          .openapi({ description: 'A command or a page of the documentation' }),
      })
      .openapi('Check'),
  ),
});

const doctor = createRoute({
  method: 'get',
  path: '/v1/doctor',
  summary:
    'Look at every part now: keys, clocks, KV, Durable Objects, database, object store, schedules, disk, versions, alerts',
  responses: {
    200: answer(shape, 'Probes are written and deleted again; it takes some seconds'),
    ...problems,
  },
});

export const doctorRoutes = ({ examine }: Services) =>
  router().openapi(doctor, async (c) => c.json({ checks: await examine() }, 200));
