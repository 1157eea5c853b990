import { createRoute, z } from '@hono/zod-openapi';
import { parseUserId } from '../../../shared/domain/ids.ts';
import { deleteUser } from '../../log/retention/delete-user.ts';
import { actorOf, answer, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const remove = createRoute({
  method: 'delete',
  path: '/v1/users/{id}',
  summary:
    'Delete all that was logged of a user; what is still on its way will be dropped when it comes',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: answer(
      z.object({
        deleted: z.object({ decisions: z.number(), events: z.number(), outcomes: z.number() }),
      }),
      'Rows deleted; the same for a user of whom there was nothing',
    ),
    ...problems,
  },
});

export const userRoutes = ({ store, trainingData, nowMs }: Services) =>
  router().openapi(remove, async (c) => {
    const userId = parseUserId(c.req.valid('param').id);
    const deleted = await deleteUser(store, userId, actorOf(c), nowMs());
    // After the rows, which name who is deleted: if this fails, the next one, or tonight's, goes on with it.
    await trainingData.forgetDeletedUsers();
    return c.json({ deleted }, 200);
  });
