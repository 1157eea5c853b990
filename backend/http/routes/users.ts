import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { deleteSession } from '../../log/retention/delete-session.ts';
import { deleteUser } from '../../log/retention/delete-user.ts';
import type { DeletedRows } from '../../log/retention/erase.ts';
import { allowUser, deliveryMs } from '../../log/retention/tombstones.ts';
import { actorOf, answer, givenId, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const params = z.object({ id: givenId });
const anyId = z.object({ id: z.string().min(1).max(4096) }).strict();
const deletedRows = z.object({
  deleted: z.object({ decisions: z.number(), events: z.number(), outcomes: z.number() }),
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/users/{id}',
  summary: 'Delete everything logged of a user and their sessions; what still arrives is dropped',
  request: { params },
  responses: {
    200: answer(deletedRows, 'Rows deleted; zero for an unknown user'),
    ...problems,
  },
});

const removeNamed = createRoute({
  method: 'post',
  path: '/v1/users/delete',
  summary:
    'The same for any id, also one that an address cannot hold or that is not taken any more',
  request: { body: jsonBody(anyId) },
  responses: {
    200: answer(deletedRows, 'Rows deleted; zero for an unknown user'),
    ...problems,
  },
});

const allow = createRoute({
  method: 'post',
  path: '/v1/users/{id}/allow',
  summary: 'Store what a deleted user does from now on',
  request: { params },
  responses: {
    200: answer(z.object({ allowed: z.boolean() }), 'False where the user was not deleted'),
    ...problems,
  },
});

const removeSession = createRoute({
  method: 'delete',
  path: '/v1/sessions/{id}',
  summary: 'Delete what was logged of a session while nobody was logged in',
  request: { params },
  responses: {
    200: answer(deletedRows, 'Rows deleted; zero for an unknown session'),
    ...problems,
  },
});

const removeNamedSession = createRoute({
  method: 'post',
  path: '/v1/sessions/delete',
  summary:
    'The same for any id, also one that an address cannot hold or that is not taken any more',
  request: { body: jsonBody(anyId) },
  responses: {
    200: answer(deletedRows, 'Rows deleted; zero for an unknown session'),
    ...problems,
  },
});

export const userRoutes = ({ store, identity, trainingData, account, nowMs }: Services) => {
  /** Under every key: the visitor may have been here before the key changed. */
  const underEveryKey = async (erase: (key: (typeof identity)[0]) => Promise<DeletedRows>) => {
    // Whose outcomes are that name a session alone is known once they are credited.
    await account.update();
    const deleted = { decisions: 0, events: 0, outcomes: 0 };
    for (const key of identity) {
      const rows = await erase(key);
      deleted.decisions += rows.decisions;
      deleted.events += rows.events;
      deleted.outcomes += rows.outcomes;
    }
    // After the rows: tombstones are stored, so that a failure here is made good by the next run.
    await trainingData.forgetDeleted();
    // Readers that hold the log longer are met by the next pruning, which rewrites the file.
    await store.emptyLog();
    return { deleted };
  };
  const deleteGiven = (given: GivenId, by: string) =>
    underEveryKey((key) => deleteUser(store, key.userId(given), by, nowMs()));
  const deleteGivenSession = (given: GivenId, by: string) =>
    underEveryKey((key) => deleteSession(store, key.sessionId(given), by, nowMs()));
  return router()
    .openapi(remove, async (c) =>
      c.json(await deleteGiven(c.req.valid('param').id as GivenId, actorOf(c)), 200),
    )
    .openapi(removeNamed, async (c) =>
      c.json(await deleteGiven(c.req.valid('json').id as GivenId, actorOf(c)), 200),
    )
    .openapi(removeSession, async (c) =>
      c.json(await deleteGivenSession(c.req.valid('param').id as GivenId, actorOf(c)), 200),
    )
    .openapi(removeNamedSession, async (c) =>
      c.json(await deleteGivenSession(c.req.valid('json').id as GivenId, actorOf(c)), 200),
    )
    .openapi(allow, async (c) => {
      const given = c.req.valid('param').id as GivenId;
      const waitMs = deliveryMs(trainingData.settings.attributionDays);
      // Before the tombstone goes: by it partitions are rid of the user.
      await trainingData.forgetDeleted();
      let isAllowed = false;
      for (const key of identity) {
        const id = key.userId(given);
        const found = await allowUser(store, id, nowMs() - waitMs, actorOf(c), nowMs());
        if (!found.isAllowed && found.deletedAt !== undefined)
          throw new ApiError(
            409,
            'deleted_lately',
            `what this user did before the deletion may still arrive: allow them after ${new Date(found.deletedAt + waitMs).toISOString()}`,
          );
        isAllowed ||= found.isAllowed;
      }
      return c.json({ allowed: isAllowed }, 200);
    });
};
