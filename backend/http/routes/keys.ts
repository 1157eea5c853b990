import { createRoute, z } from '@hono/zod-openapi';
import { SCOPES } from '../../../shared/domain/access-key.ts';
import { actorOf, answer, epochMs, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MAX_OVERLAP_MS = 90 * 86_400_000;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, "-" and "_"')
  .openapi({ example: 'shop' });
const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length);
const edge = z
  .string()
  .nullable()
  .openapi({ description: 'Why the edge does not know yet; null: it does' });

const listed = z.object({
  name,
  scopes,
  origins: z.array(z.string()).nullable(),
  createdAt: epochMs,
  createdBy: z.string(),
  expiresAt: epochMs.nullable(),
  revokedAt: epochMs.nullable(),
  lastUsedAt: epochMs.nullable(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  summary: 'All named keys that ever were, and when each was last used',
  responses: { 200: answer(z.object({ keys: z.array(listed) }), 'As they came'), ...problems },
});

const create = createRoute({
  method: 'post',
  path: '/v1/keys',
  summary: 'A new key, which is told this once',
  request: {
    body: jsonBody(
      z.strictObject({
        name,
        scopes,
        origins: z.array(z.string().max(300)).min(1).max(100).optional().openapi({
          description: 'Whose pages may use it, such as https://shop.example; for rank and events',
        }),
      }),
    ),
  },
  responses: { 201: answer(z.object({ key: z.string(), edge }), 'The key'), ...problems },
});

const rotate = createRoute({
  method: 'post',
  path: '/v1/keys/{name}/rotate',
  summary: 'Another key in place of one, which goes on for a while',
  request: {
    params: z.object({ name }),
    body: jsonBody(
      z.strictObject({
        overlapMs: z.number().int().min(0).max(MAX_OVERLAP_MS).default(86_400_000),
      }),
    ),
  },
  responses: {
    201: answer(z.object({ key: z.string(), until: epochMs, edge }), 'The key'),
    ...problems,
  },
});

const revoke = createRoute({
  method: 'post',
  path: '/v1/keys/{name}/revoke',
  summary: 'End a key at once, at backend and edge',
  request: { params: z.object({ name }) },
  responses: {
    200: answer(z.object({ revoked: z.number(), edge }), 'How many of that name were in force'),
    ...problems,
  },
});

export const keyRoutes = ({ keys, keyPublisher }: Services) => {
  const publish = async () => (await keyPublisher.publish()) ?? null;
  return router()
    .openapi(list, async (c) => {
      const [rows, used] = await Promise.all([keys.list(), keyPublisher.lastUsed()]);
      return c.json(
        {
          keys: rows.map(({ name: own, createdAt, createdBy, expiresAt, revokedAt, ...row }) => ({
            name: own,
            createdAt,
            createdBy,
            expiresAt,
            revokedAt,
            scopes: [...row.scopes],
            origins: row.origins && [...row.origins],
            lastUsedAt: Math.max(row.lastUsedAt ?? 0, used.get(row.hash) ?? 0) || null,
          })),
        },
        200,
      );
    })
    .openapi(create, async (c) => {
      const key = await keys.create(c.req.valid('json'), actorOf(c));
      return c.json({ key, edge: await publish() }, 201);
    })
    .openapi(rotate, async (c) => {
      const { overlapMs } = c.req.valid('json');
      const made = await keys.rotate(c.req.valid('param').name, overlapMs, actorOf(c));
      return c.json({ ...made, edge: await publish() }, 201);
    })
    .openapi(revoke, async (c) => {
      const revoked = await keys.revoke(c.req.valid('param').name, actorOf(c));
      return c.json({ revoked, edge: await publish() }, 200);
    });
};
