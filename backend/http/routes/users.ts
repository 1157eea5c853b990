import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { exportPerson, type Asked } from '../../log/retention/export-person.ts';
import { recordAudit } from '../../store/audit.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { deleteSession } from '../../log/retention/delete-session.ts';
import { deleteUser } from '../../log/retention/delete-user.ts';
import type { DeletedRows } from '../../log/retention/erase.ts';
import { allowUser, deliveryMs } from '../../log/retention/tombstones.ts';
import { journalErasures, listReceipts } from '../../log/retention/receipts.ts';
import { shownReceipt } from '../../log/retention/shown-receipt.ts';
import {
  actorOf,
  answer,
  epochMs,
  givenId,
  jsonBody,
  problems,
  queryNumber,
  router,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';
import { personExport } from './person-export-shape.ts';

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

const exported = {
  200: {
    description:
      'One JSON text, streamed; it is whole where it is JSON, as its last member is `complete`. Keyed ids are replaced by `user` and `session-1` …',
    content: { 'application/json': { schema: personExport } },
  },
  ...problems,
};

const exportNamed = createRoute({
  method: 'post',
  path: '/v1/users/export',
  summary: 'Everything that is stored of a user and their sessions; the id is in no address',
  request: { body: jsonBody(anyId) },
  responses: exported,
});

const exportNamedSession = createRoute({
  method: 'post',
  path: '/v1/sessions/export',
  summary: 'Everything that is stored of a session while nobody was logged in',
  request: { body: jsonBody(anyId) },
  responses: exported,
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

const receipt = z
  .object({
    id: z.string(),
    kind: z.enum(['user', 'session', 'allow']).openapi({
      description: 'allow: a user who was erased is stored again from then on',
    }),
    at: epochMs.openapi({ description: 'When it was asked for; rows were gone then' }),
    by: z.string(),
    dueAt: epochMs.openapi({ description: 'Later, an alert says that it is not complete' }),
    completedAt: epochMs.nullable(),
    sessions: z.number().openapi({ description: 'How many sessions were found' }),
    rows: z.record(z.string(), z.number()).openapi({ description: 'Table → rows deleted' }),
    stages: z.array(
      z.object({
        place: z.string(),
        how: z.string(),
        state: z.enum(['done', 'open', 'none needed', 'by itself']),
        doneAt: epochMs.nullable(),
      }),
    ),
    beyond: z
      .array(z.object({ place: z.string(), until: epochMs.nullable(), why: z.string() }))
      .openapi({ description: 'What only the recovery of others still holds, and until when' }),
    replayedAt: epochMs
      .nullable()
      .openapi({ description: 'When it was carried out again on a restored database' }),
  })
  .openapi('ErasureReceipt');

const list = createRoute({
  method: 'get',
  path: '/v1/users/erasures',
  summary: 'Erasures of users and sessions, each with a receipt that names nobody; newest first',
  request: { query: z.strictObject({ limit: queryNumber(1, 10_000).optional() }) },
  responses: {
    200: answer(z.object({ erasures: z.array(receipt) }), 'Receipts'),
    ...problems,
  },
});

export const userRoutes = ({
  store,
  identity,
  trainingData,
  journal,
  privacy,
  places,
  account,
  nowMs,
}: Services) => {
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
    await journalErasures(store, journal, nowMs());
    await trainingData.forgetDeleted();
    return { deleted };
  };
  const deleteGiven = (given: GivenId, by: string) =>
    underEveryKey((key) => deleteUser(store, key.userId(given), by, nowMs()));
  const deleteGivenSession = (given: GivenId, by: string) =>
    underEveryKey((key) => deleteSession(store, key.sessionId(given), by, nowMs()));
  const handOut = async (c: Context, asked: Asked) => {
    // Whose outcomes are that name a session alone is known once they are credited.
    await account.update();
    await store.write([
      recordAudit(store, {
        at: nowMs(),
        actor: actorOf(c),
        action: `export ${asked.kind}`,
        subject: `a ${asked.kind}`,
      }),
    ]);
    const pieces = exportPerson(store, trainingData.slates, asked, identity, nowMs());
    const body = ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
    return c.body(body as ReadableStream, 200, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    }) as never;
  };
  return router()
    .openapi(exportNamed, (c) =>
      handOut(c, { kind: 'user', id: c.req.valid('json').id as GivenId }),
    )
    .openapi(exportNamedSession, (c) =>
      handOut(c, { kind: 'session', id: c.req.valid('json').id as GivenId }),
    )
    .openapi(list, async (c) => {
      const receipts = await listReceipts(store, c.req.valid('query').limit ?? 100);
      return c.json({ erasures: receipts.map((one) => shownReceipt(one, privacy, places)) }, 200);
    })
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
      await journalErasures(store, journal, nowMs());
      for (const key of identity) {
        const id = key.userId(given);
        const found = await allowUser(store, id, nowMs() - waitMs, actorOf(c), nowMs(), journal);
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
