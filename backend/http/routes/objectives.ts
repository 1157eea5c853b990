import { createRoute, z } from '@hono/zod-openapi';
import { readObjectivesNow, type ObjectivesNow } from '../../monitor/objectives/read-objectives.ts';
import { answer, objectOf, problems, queryNumber, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const objectives = createRoute({
  method: 'get',
  path: '/v1/objectives',
  summary: 'Service-level objectives: what they come to, and what is left of their error budgets',
  request: { query: z.strictObject({ days: queryNumber(1, 90).default(28) }) },
  responses: {
    200: answer(
      objectOf<ObjectivesNow>('Budgets are over 28 days; `history` is of the days asked for'),
      'As counted by the monitors, every few minutes',
    ),
    ...problems,
  },
});

export const objectiveRoutes = ({ store, objectiveSettings, nowMs }: Services) =>
  router().openapi(objectives, async (c) => {
    const { days } = c.req.valid('query');
    return c.json(await readObjectivesNow(store, objectiveSettings, days, nowMs()), 200);
  });
