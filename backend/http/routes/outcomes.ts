import { createRoute, z } from '@hono/zod-openapi';
import { MAX_VALUE } from '../../../shared/domain/event.ts';
import { keyOutcomes } from '../../log/identity/key-outcomes.ts';
import { recordOutcomes } from '../../log/ingest/outcomes.ts';
import {
  answer,
  givenId,
  givenMoment,
  jsonBody,
  line,
  placement,
  problems,
  router,
  visitorId,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const outcome = z
  .object({
    outcomeId: givenId,
    sessionId: visitorId('sessionId').optional(),
    userId: visitorId('userId').optional(),
    placement: placement.optional(),
    metric: line(64),
    value: z.number().min(-MAX_VALUE).max(MAX_VALUE),
    at: givenMoment('at'),
  })
  .strict()
  .refine(
    ({ sessionId, userId }) => sessionId !== undefined || userId !== undefined,
    'needs a sessionId or a userId',
  )
  .openapi('Outcome');

const post = createRoute({
  method: 'post',
  path: '/v1/outcomes',
  summary: 'Outcomes (long-term values), which may arrive late: idempotent by outcomeId',
  request: { body: jsonBody(z.array(outcome).max(5000, 'at most 5000 outcomes at once')) },
  responses: {
    200: answer(
      z.object({ accepted: z.number(), duplicates: z.number() }),
      'Committed; duplicates and outcomes of deleted users are not stored',
    ),
    ...problems,
  },
});

export const outcomeRoutes = ({ store, identity, nowMs }: Services) =>
  router().openapi(post, async (c) => {
    const given = c.req.valid('json');
    const accepted = await recordOutcomes(
      store,
      await keyOutcomes(store.db, given, identity),
      nowMs(),
    );
    return c.json({ accepted, duplicates: given.length - accepted }, 200);
  });
