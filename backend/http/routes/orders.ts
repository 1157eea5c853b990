import { createRoute, z } from '@hono/zod-openapi';
import { MAX_VALUE } from '../../../shared/domain/event.ts';
import {
  parseItemId,
  parseRankingId,
  type ItemId,
  type RankingId,
} from '../../../shared/domain/ids.ts';
import { keyOutcomes } from '../../log/identity/key-outcomes.ts';
import { ORDER_KINDS, orderStates, recordOrderLines } from '../../log/ingest/orders.ts';
import {
  answer,
  givenId,
  givenMoment,
  jsonBody,
  problems,
  router,
  visitorId,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MAX_LINES = 5000;

const orderLine = z
  .object({
    lineId: givenId.openapi({ description: 'One per line, for ever: a line sent again is known' }),
    orderId: givenId,
    kind: z.enum(ORDER_KINDS),
    value: z.number().min(-MAX_VALUE).max(MAX_VALUE).optional().openapi({
      description: 'What the order is worth from then on: after a refund, what is left of it',
    }),
    at: givenMoment('at').openapi({
      description: 'When it was booked, refunded or cancelled; the newest line of an order counts',
    }),
    rankingId: givenId.transform((id): RankingId => parseRankingId(id)).optional(),
    itemId: givenId.transform((id): ItemId => parseItemId(id)).optional(),
    sessionId: visitorId('sessionId').optional(),
    userId: visitorId('userId').optional(),
  })
  .strict()
  .refine(
    ({ kind, value }) => kind === 'cancellation' || (value !== undefined && value >= 0),
    'needs a value of 0 or more: what the order is worth from then on',
  )
  .refine(
    ({ rankingId, sessionId, userId, itemId }) =>
      itemId !== undefined || (rankingId ?? sessionId ?? userId) === undefined,
    'needs the itemId beside a rankingId, userId or sessionId',
  )
  .openapi('OrderLine');

const line = z.object({
  lineId: z.string(),
  is: z.enum(['stored', 'known', 'conflict', 'in_the_future', 'deleted_person']),
  counts: z.boolean().openapi({ description: 'It is the newest line of an order with a ranking' }),
  rankingId: z.string().optional(),
  itemId: z.string().optional(),
  by: z
    .enum(['order', 'ranking', 'user', 'session'])
    .optional()
    .openapi({ description: 'By what the ranking was found; `order`: a page told of its booking' }),
  why: z.string().optional().openapi({ description: 'Why it has no ranking, or does not count' }),
});

const post = createRoute({
  method: 'post',
  path: '/v1/orders',
  summary:
    'Bookings, refunds and cancellations from the systems of the site, also days later: idempotent by lineId',
  request: {
    body: jsonBody(z.array(orderLine).min(1).max(MAX_LINES, `at most ${MAX_LINES} lines at once`)),
  },
  responses: {
    200: answer(
      z.object({ lines: z.array(line) }),
      'Committed; of each line, in order, which ranking it is of, or why of none',
    ),
    ...problems,
  },
});

export const orderRoutes = ({ store, account, identity, nowMs }: Services) =>
  router().openapi(post, async (c) => {
    const given = c.req.valid('json');
    const keyed = await keyOutcomes(store.db, given, identity);
    const stored = await recordOrderLines(store, keyed, nowMs());
    const orderIds = [...new Set(given.map(({ orderId }) => orderId))];
    await account.settle(orderIds);
    const states = await orderStates(store, orderIds);
    const lines = given.map(({ lineId, orderId }, i) => {
      const is = stored[i];
      const order = states.get(orderId);
      if (order === undefined || (is !== 'stored' && is !== 'known'))
        return { lineId, is, counts: false };
      const { rankingId, itemId, by, why, currentLine } = order;
      if (rankingId === null || itemId === null || by === null)
        return { lineId, is, counts: false, ...(why !== null && { why }) };
      const counts = currentLine === lineId;
      return { lineId, is, counts, rankingId, itemId, by, ...(!counts && { why: 'newer_line' }) };
    });
    return c.json({ lines }, 200);
  });
