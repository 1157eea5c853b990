import { createRoute, z } from '@hono/zod-openapi';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { itemCounts } from '../../log/item-counts.ts';
import { clicksByDay, clicksByVersion } from '../../experiments/clicks.ts';
import {
  answer,
  epochMs,
  givenMoment,
  problems,
  queryNumber,
  router,
  windowStart,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const WINDOW_MS = 30 * DAY_MS;

const clickThrough = z.object({
  version: z.string(),
  rankings: z.number(),
  clicked: z.number().openapi({ description: 'Rankings with at least one click' }),
  rate: z.number().optional(),
  low: z.number().optional().openapi({ description: '95 % Wilson interval' }),
  high: z.number().optional(),
});

const get = createRoute({
  method: 'get',
  path: '/v1/clicks',
  summary: 'Click-through per version, and by day (UTC)',
  request: {
    query: z.strictObject({
      from: windowStart('from').optional(),
      to: givenMoment('to').optional(),
    }),
  },
  responses: {
    200: answer(
      z.object({
        from: epochMs,
        to: epochMs,
        versions: z.array(clickThrough),
        days: z.array(clickThrough.extend({ day: z.string() })),
      }),
      'Of rankings served in the window; by default the last 30 days',
    ),
    ...problems,
  },
});

const MAX_ITEMS = 1000;

const items = createRoute({
  method: 'get',
  path: '/v1/clicks/items',
  summary: 'What happened to each item, of people alone, on days (UTC) that are closed',
  request: {
    query: z.strictObject({
      from: windowStart('from').optional(),
      to: givenMoment('to').optional(),
      limit: queryNumber(1, MAX_ITEMS).default(100),
    }),
  },
  responses: {
    200: answer(
      z.object({
        from: epochMs,
        to: epochMs,
        items: z.array(
          z.object({
            itemId: z.string(),
            counts: z.record(z.string(), z.number()).readonly().openapi({
              description: '`shown`, and events by type',
            }),
          }),
        ),
      }),
      'Those that were shown most often; by default of the last 30 days',
    ),
    ...problems,
  },
});

export const clickRoutes = ({ store, account, nowMs }: Services) =>
  router()
    .openapi(items, async (c) => {
      const query = c.req.valid('query');
      const to = query.to ?? nowMs() + 1;
      const from = query.from ?? Math.max(0, to - WINDOW_MS);
      await account.update();
      return c.json({ from, to, items: await itemCounts(store, { from, to }, query.limit) }, 200);
    })
    .openapi(get, async (c) => {
      const query = c.req.valid('query');
      const to = query.to ?? nowMs() + 1;
      const from = query.from ?? Math.max(0, to - WINDOW_MS);
      await account.update();
      const days = await clicksByDay(store, { from, to });
      return c.json({ from, to, versions: clicksByVersion(days), days }, 200);
    });
