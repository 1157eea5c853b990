import { createRoute, z } from '@hono/zod-openapi';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { SIGNATURE_HEADER, verifyBody } from '../../../shared/domain/ingest-signature.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { changeItems } from '../../catalogue/change-items.ts';
import { readChange } from '../../catalogue/read-change.ts';
import { answer, jsonBody, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MAX_CHANGES = 5000;

const post = createRoute({
  method: 'post',
  path: '/v1/items/changes',
  summary:
    'Changes of the catalogue from a database or queue, in any order: of each item the highest version holds',
  security: [],
  request: {
    headers: z.object({
      [SIGNATURE_HEADER]: z.string().openapi({
        description:
          't=<epoch ms>,v1=<hex HMAC-SHA-256 of "t." and the body by TRIMTAB_CATALOGUE_SECRET>, at most five minutes old',
      }),
    }),
    query: z.strictObject({
      id: z.string().min(1).max(128).default('id').openapi({
        description: 'Of rows in Debezium’s envelope: the column that is the item’s id',
      }),
    }),
    body: jsonBody(
      z.unknown().openapi({
        type: 'array',
        description:
          'Each {"op":"upsert","version",item}, {"op":"delete","version","id"}, or an envelope of Debezium as JSON',
      }),
    ),
  },
  responses: {
    202: answer(
      z.object({
        taken: z.number(),
        stale: z.number().openapi({ description: 'Not newer than what was known of their item' }),
      }),
      'Committed to disk; the edge ranks by it within seconds',
    ),
    ...problems,
  },
});

export const itemChangeRoutes = ({
  store,
  snapshots,
  liveSchema,
  catalogueSecrets,
  nowMs,
}: Services) => {
  const routes = router();
  // Before the body is parsed.
  routes.on('POST', '/v1/items/changes', async (c, next) => {
    if (catalogueSecrets.length === 0)
      throw new ApiError(
        403,
        'changes_are_off',
        'no changes are taken: set TRIMTAB_CATALOGUE_SECRET, and sign them by it',
      );
    const body = new Uint8Array(await c.req.arrayBuffer());
    verifyBody(c.req.header(SIGNATURE_HEADER), body, catalogueSecrets, nowMs());
    return next();
  });
  return routes.openapi(post, async (c) => {
    const given = c.req.valid('json');
    if (!Array.isArray(given)) throw invalid('the body must be a list of changes');
    if (given.length > MAX_CHANGES) throw invalid(`at most ${MAX_CHANGES} changes at once`);
    const { id } = c.req.valid('query');
    const changes = given.flatMap((one: unknown, i) => {
      try {
        return readChange(one, id) ?? [];
      } catch (error) {
        throw invalid(`change ${i + 1}: ${messageOf(error)}`);
      }
    });
    const changed = await changeItems(store, await liveSchema(), changes, nowMs());
    if (changed.taken > 0) snapshots.changed();
    return c.json(changed, 202);
  });
};
