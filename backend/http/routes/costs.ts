import { createRoute, z } from '@hono/zod-openapi';
import { answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const line = z
  .object({
    name: z.string(),
    used: z.number().openapi({ description: 'In a month' }),
    included: z.number().openapi({ description: 'What of that costs nothing' }),
    each: z.number().openapi({ description: 'Price of a million, a GB, or an hour' }),
    cost: z.number(),
  })
  .openapi('CostLine');

const shape = z.object({
  measured: z.record(z.string(), z.number()).nullable().openapi({
    description:
      'What the log, publications and runs tell of the last days; null: less than an hour',
  }),
  bill: z
    .object({
      currency: z.string(),
      pricesAsOf: z.string(),
      lines: z.array(line),
      total: z.number(),
    })
    .nullable(),
  monthlyLimit: z.number().nullable(),
});

const costs = createRoute({
  method: 'get',
  path: '/v1/costs',
  summary: 'What a month like the last days costs, by the prices of the configuration',
  responses: { 200: answer(shape, 'An estimate, rather too high than too low'), ...problems },
});

export const costRoutes = (services: Services) =>
  router().openapi(costs, async (c) => {
    const { measured, bill, monthlyLimit } = await services.costs.estimate();
    return c.json(
      {
        measured: measured === null ? null : { ...measured },
        bill: bill === null ? null : { ...bill, lines: [...bill.lines] },
        monthlyLimit,
      },
      200,
    );
  });
