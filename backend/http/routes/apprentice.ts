import { createRoute, z } from '@hono/zod-openapi';
import { EVERYWHERE, isApprenticePlacement } from '../../../shared/domain/apprentice.ts';
import type { ApprenticePlacement } from '../../../shared/domain/apprentice.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { ApprenticeStatus } from '../../apprentice/service.ts';
import {
  actorOf,
  answer,
  epochMs,
  objectOf,
  placement,
  problems,
  queryNumber,
  router,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const setting = z
  .object({
    placement: z.string().openapi({ description: '`*`: all that have no setting of their own' }),
    share: z.number().openapi({
      description:
        'Of the sessions that Trimtab ranks for: at 0 the site keeps its own order for all, at 1 for none',
    }),
    change: z.number(),
    by: z.string(),
    since: epochMs,
  })
  .openapi('ApprenticeSetting');

const set = createRoute({
  method: 'post',
  path: '/v1/apprentice',
  summary: 'Let the site keep its own order and Trimtab learn from it, for all sessions or a share',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.strictObject({
            placement: z
              .custom<ApprenticePlacement>(isApprenticePlacement, 'must be a placement or "*"')
              .default(EVERYWHERE)
              .openapi({ type: 'string', example: 'home' }),
            share: z.number().min(0).max(1).nullable().openapi({
              description:
                'Of the sessions that Trimtab ranks for: 0 is an apprentice, 1 switches it on for all; null removes the setting, so that the placement goes by that of `*`',
            }),
          }),
        },
      },
    },
  },
  responses: {
    200: answer(
      z.object({ settings: z.array(setting) }),
      'What is set now; every edge follows within its refresh interval',
    ),
    ...problems,
  },
});

const status = createRoute({
  method: 'get',
  path: '/v1/apprentice',
  summary: 'How often Trimtab would have agreed with the site, and what it would have gained',
  request: {
    query: z.strictObject({
      days: queryNumber(1, 400).default(28),
      placement: placement.optional(),
    }),
  },
  responses: {
    200: answer(
      objectOf<ApprenticeStatus>('Settings, agreement, estimated gain and comparisons'),
      'Of the days up to now',
    ),
    ...problems,
  },
});

export const apprenticeRoutes = ({ apprentice, nowMs }: Services) =>
  router()
    .openapi(set, async (c) => {
      const { placement: of, share } = c.req.valid('json');
      const settings =
        share === null
          ? await apprentice.remove(of, actorOf(c))
          : await apprentice.set(of, share, actorOf(c));
      return c.json({ settings }, 200);
    })
    .openapi(status, async (c) => {
      const { days, placement: of } = c.req.valid('query');
      const to = nowMs();
      return c.json(await apprentice.status({ from: to - days * DAY_MS, to }, of), 200);
    });
