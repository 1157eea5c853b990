import { createRoute, z } from '@hono/zod-openapi';
import {
  EVERYWHERE,
  isApprenticePlacement,
  type ApprenticePlacement,
} from '../../../shared/domain/apprentice.ts';
import { invalid } from '../../../shared/domain/errors.ts';
import { isWithoutRules, parseSlateRules } from '../../../shared/domain/slate-rules.ts';
import { checkRules } from '../../../shared/score/slate-rules/check-rules.ts';
import { actorOf, answer, epochMs, objectOf, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const HOUR_MS = 3_600_000;

const rule = z
  .object({
    id: z.string(),
    placement: z.string().openapi({ description: '`*`: everywhere' }),
    /** A filter within is recursive, which types of clients cannot say. */
    rules: z.any().openapi({ type: 'object', description: 'Caps, quotas, pins and boosts' }),
    note: z.string().nullable(),
    by: z.string(),
    since: epochMs,
    until: epochMs.nullable(),
  })
  .openapi('SlateRule');

const list = createRoute({
  method: 'get',
  path: '/v1/slate-rules',
  summary: 'What operators ask of slates for now',
  responses: { 200: answer(z.object({ rules: z.array(rule) }), 'Those in force'), ...problems },
});

const add = createRoute({
  method: 'post',
  path: '/v1/slate-rules',
  summary: 'Ask something of all slates of a placement, for a time or until it is removed',
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
            rules: objectOf<object>('Caps, quotas, pins and boosts, as in rank requests'),
            hours: z
              .number()
              .positive()
              .max(24 * 366)
              .optional(),
            note: z.string().max(500).optional(),
          }),
        },
      },
    },
  },
  responses: {
    200: answer(rule, 'It holds at every edge within its refresh interval'),
    ...problems,
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/slate-rules/{id}',
  summary: 'Ask it no more',
  request: { params: z.object({ id: z.string().regex(/^rule-\d{1,15}$/) }) },
  responses: { 200: answer(z.object({ removed: z.string() }), 'Removed'), ...problems },
});

export const slateRuleRoutes = ({ operatorRules, liveSchema, nowMs }: Services) =>
  router()
    .openapi(list, async (c) => c.json({ rules: await operatorRules.list() }, 200))
    .openapi(add, async (c) => {
      const { placement, rules, hours, note } = c.req.valid('json');
      const parsed = parseSlateRules(rules, 'rules');
      if (isWithoutRules(parsed)) throw invalid('rules must have caps, quotas, pins or boosts');
      // What a later catalogue does not have is left out, as a rule outlives schemas; what this one does not have is a mistake.
      checkRules(await liveSchema(), parsed, 'rules');
      const added = await operatorRules.add({
        placement,
        rules: parsed,
        by: actorOf(c),
        ...(note !== undefined && { note }),
        ...(hours !== undefined && { until: Math.ceil(nowMs() + hours * HOUR_MS) }),
      });
      return c.json(added, 200);
    })
    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      await operatorRules.remove(id, actorOf(c));
      return c.json({ removed: id }, 200);
    });
