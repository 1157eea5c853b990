import { createRoute, z } from '@hono/zod-openapi';
import { eq } from 'drizzle-orm';
import { RATES_FEED } from '../../catalogue/trade/exchange-rates.ts';
import { readRates } from '../../catalogue/read-trade.ts';
import { clientOf } from '../../store/read-text.ts';
import { feeds, markets as rows } from '../../store/tables.ts';
import { actorOf, answer, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const market = z.object({
  currency: z.string().optional(),
  language: z.string().optional(),
  prices: z.record(z.string(), z.string()).optional(),
});

const shape = z.object({
  default: z.string().nullable().openapi({ description: 'Of requests that name none' }),
  column: z.string().nullable().openapi({ description: 'With the markets of each item' }),
  unlisted: z.enum(['everywhere', 'nowhere']),
  markets: z.record(z.string(), market),
  rates: z
    .object({ base: z.string(), day: z.string(), perBase: z.record(z.string(), z.number()) })
    .nullable(),
  source: z.string().nullable().openapi({ description: 'Of exchange rates' }),
  askedAt: z.number().nullable().openapi({ description: 'Epoch ms' }),
  problem: z.string().nullable().openapi({ description: 'Why the last rates were refused' }),
});

const list = createRoute({
  method: 'get',
  path: '/v1/markets',
  summary: 'The markets of the catalogue, and the exchange rates in force',
  responses: { 200: answer(shape, 'As the next snapshot has them'), ...problems },
});

const read = createRoute({
  method: 'post',
  path: '/v1/exchange-rates/read',
  summary: 'Read exchange rates now',
  request: {
    body: jsonBody(
      z
        .object({
          anyChange: z.boolean().optional().openapi({
            description: 'Also where a currency changed more than the configuration allows',
          }),
        })
        .strict(),
    ),
  },
  responses: {
    200: answer(
      z.object({
        day: z.string(),
        base: z.string(),
        currencies: z.number(),
        changed: z.boolean(),
      }),
      'What is in force now; 422 `rates_refused` says why they were refused',
    ),
    ...problems,
  },
});

export const marketRoutes = (services: Services) =>
  router()
    .openapi(list, async (c) => {
      const { db } = services.store;
      const [row] = await db.select().from(rows).where(eq(rows.name, 'markets'));
      const [state] = await db.select().from(feeds).where(eq(feeds.name, RATES_FEED));
      const body = {
        default: row?.value.default ?? null,
        column: row?.value.column ?? null,
        unlisted: row?.value.unlisted ?? ('everywhere' as const),
        markets: { ...row?.value.markets },
        rates: (await readRates(clientOf(db))) ?? null,
        source: services.exchangeRates.source ?? null,
        askedAt: state?.askedAt ?? null,
        problem: state?.problem ?? null,
      };
      return c.json(body as z.infer<typeof shape>, 200);
    })
    .openapi(read, async (c) => {
      const { anyChange = false } = c.req.valid('json');
      return c.json(await services.exchangeRates.read({ actor: actorOf(c), anyChange }), 200);
    });
