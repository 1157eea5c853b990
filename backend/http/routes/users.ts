import { createRoute, z } from '@hono/zod-openapi';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { deleteUser } from '../../log/retention/delete-user.ts';
import { actorOf, answer, givenId, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const responses = {
  200: answer(
    z.object({
      deleted: z.object({ decisions: z.number(), events: z.number(), outcomes: z.number() }),
    }),
    'Rows deleted; zero for an unknown user',
  ),
  ...problems,
};

const remove = createRoute({
  method: 'delete',
  path: '/v1/users/{id}',
  summary: 'Delete everything logged of a user; what still arrives is dropped',
  request: { params: z.object({ id: givenId }) },
  responses,
});

const removeNamed = createRoute({
  method: 'post',
  path: '/v1/users/delete',
  summary:
    'The same for any id, also one that an address cannot hold or that is not taken any more',
  request: { body: jsonBody(z.object({ id: z.string().min(1).max(4096) }).strict()) },
  responses,
});

export const userRoutes = ({ store, identity, trainingData, nowMs }: Services) => {
  const forget = async (given: GivenId, by: string) => {
    const deleted = { decisions: 0, events: 0, outcomes: 0 };
    // Under every key: the user may have been here before the key changed.
    for (const key of identity) {
      const rows = await deleteUser(store, key.userId(given), by, nowMs());
      deleted.decisions += rows.decisions;
      deleted.events += rows.events;
      deleted.outcomes += rows.outcomes;
    }
    // After the rows: the list of deleted users is stored, so that a failure here is made good by the next run.
    await trainingData.forgetDeletedUsers();
    return { deleted };
  };
  return router()
    .openapi(remove, async (c) =>
      c.json(await forget(c.req.valid('param').id as GivenId, actorOf(c)), 200),
    )
    .openapi(removeNamed, async (c) =>
      c.json(await forget(c.req.valid('json').id as GivenId, actorOf(c)), 200),
    );
};
