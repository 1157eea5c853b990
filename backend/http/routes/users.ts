import { createRoute, z } from '@hono/zod-openapi';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { deleteUser } from '../../log/retention/delete-user.ts';
import { actorOf, answer, givenId, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const remove = createRoute({
  method: 'delete',
  path: '/v1/users/{id}',
  summary: 'Delete everything logged of a user; what still arrives is dropped',
  request: { params: z.object({ id: givenId }) },
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

export const userRoutes = ({ store, identity, trainingData, nowMs }: Services) =>
  router().openapi(remove, async (c) => {
    const given = c.req.valid('param').id as GivenId;
    const deleted = { decisions: 0, events: 0, outcomes: 0 };
    // Under every key: the user may have been here before the key changed.
    for (const key of identity) {
      const rows = await deleteUser(store, key.userId(given), actorOf(c), nowMs());
      deleted.decisions += rows.decisions;
      deleted.events += rows.events;
      deleted.outcomes += rows.outcomes;
    }
    // After the rows: the list of deleted users is stored, so that a failure here is made good by the next run.
    await trainingData.forgetDeletedUsers();
    return c.json({ deleted }, 200);
  });
