import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { NewerDatabase } from '../../store/upgrade/upgrade-state.ts';
import { actorOf, answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const shape = z
  .object({
    newest: z.string().nullable().openapi({ description: 'The newest migration of the database' }),
    open: z.array(z.string()).openapi({
      description: 'Applied, and not final: the version before works without them',
    }),
    waiting: z.array(z.string()).openapi({
      description: 'Take something away, and wait until the upgrade is finalized',
    }),
    unknown: z
      .array(z.string())
      .openapi({ description: 'Of a newer version than that of this backend' }),
    copies: z
      .array(z.string())
      .openapi({ description: 'Files on the backend’s disk with the database from before' }),
  })
  .openapi('Upgrade');

const status = createRoute({
  method: 'get',
  path: '/v1/upgrade',
  summary: 'How far an upgrade of the database is, and whether one may go back',
  responses: { 200: answer(shape, 'By the names of migrations'), ...problems },
});

const finalize = createRoute({
  method: 'post',
  path: '/v1/upgrade/finalize',
  summary:
    'Apply what waits, and delete the copies from before: the version before cannot be started again',
  responses: { 200: answer(shape, 'What was open until now'), ...problems },
});

export const upgradeRoutes = ({ upgrade }: Services) =>
  router()
    .openapi(status, async (c) => c.json(written(await upgrade.status()), 200))
    .openapi(finalize, async (c) => {
      try {
        return c.json(written(await upgrade.finalize(actorOf(c))), 200);
      } catch (error) {
        if (error instanceof NewerDatabase) throw new ApiError(409, 'newer', error.message);
        throw error;
      }
    });

type Shape = z.infer<typeof shape>;
const written = (found: { readonly [K in keyof Shape]: Readonly<Shape[K]> }): Shape => ({
  newest: found.newest,
  open: [...found.open],
  waiting: [...found.waiting],
  unknown: [...found.unknown],
  copies: [...found.copies],
});
