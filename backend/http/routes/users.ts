import { createRoute, z } from '@hono/zod-openapi';
import { parseUserId } from '../../../shared/domain/ids.ts';
import { deleteUser } from '../../log/retention/delete-user.ts';
import { actorOf, answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const remove = createRoute({
  method: 'delete',
  path: '/v1/users/{id}',
  summary: 'Delete everything logged of a user; what still arrives is dropped',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: answer(
      z.object({
        deleted: z.object({ decisions: z.number(), events: z.number(), outcomes: z.number() }),
      }),
      'Rows deleted; zero for an unknown user',
    ),
    ...problems,
  },
});

export const userRoutes = ({ store, trainingData, nowMs }: Services) =>
  router().openapi(remove, async (c) => {
    const userId = parseUserId(c.req.valid('param').id);
    const deleted = await deleteUser(store, userId, actorOf(c), nowMs());
    // After the rows: the list of deleted users is stored, so that a failure here is made good by the next run.
    await trainingData.forgetDeletedUsers();
    return c.json({ deleted }, 200);
  });
