import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { parseItem, type AttributeValue } from '../../../shared/domain/item.ts';
import { LEARNED_MEASURES } from '../../../shared/features/columns/learned-columns.ts';
import { learnedKeys } from '../../../shared/score/learned-table.ts';
import { readLearnedItem } from '../../catalogue/learned-item.ts';
import { deleteItems, patchItems, readItems, upsertItems } from '../../catalogue/items.ts';
import { answer, jsonBody, objectOf, problems, queryNumber, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const MAX_ITEMS = 5000;
/** Only an object here: `parseItem` checks attributes, with messages that name the item. */
const itemGiven = objectOf<object>('An id, and attributes by name');
const attribute = z
  .custom<AttributeValue | undefined>()
  .openapi({ type: ['string', 'number', 'boolean', 'array', 'null'] });
const item = z.object({ id: z.string() }).catchall(attribute);

const put = createRoute({
  method: 'put',
  path: '/v1/items',
  summary: 'Put items into the catalogue: new ones and changed ones, all or none',
  request: {
    body: jsonBody(z.array(itemGiven).max(MAX_ITEMS, `at most ${MAX_ITEMS} items at once`)),
  },
  responses: {
    200: answer(
      z.object({
        upserted: z.number(),
        changed: z.number().openapi({ description: 'New or different' }),
        created: z.number().openapi({ description: 'New' }),
        unchanged: z.number(),
      }),
      'How many were received, and what came of them',
    ),
    ...problems,
  },
});

const patch = createRoute({
  method: 'patch',
  path: '/v1/items',
  summary:
    'Change attributes of items of the catalogue, such as prices, and leave the others as they are',
  request: {
    body: jsonBody(z.array(itemGiven).max(MAX_ITEMS, `at most ${MAX_ITEMS} items at once`)),
  },
  responses: {
    200: answer(
      z.object({
        changed: z.number(),
        unchanged: z.number(),
        unknown: z
          .array(z.string())
          .openapi({ description: 'Ids that the catalogue does not have: nothing came of them' }),
      }),
      'What came of them; `null` takes an attribute away',
    ),
    ...problems,
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/items/{id}',
  summary: 'Take an item out of the catalogue',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: answer(z.object({ deleted: z.string() }), 'The id of the deleted item'),
    ...problems,
  },
});

const removeNamed = createRoute({
  method: 'post',
  path: '/v1/items/delete',
  summary: 'Take items out of the catalogue by any ids, also those that an address cannot hold',
  request: {
    body: jsonBody(
      z
        .object({ ids: z.array(z.string()).max(MAX_ITEMS, `at most ${MAX_ITEMS} ids at once`) })
        .strict(),
    ),
  },
  responses: {
    200: answer(
      z.object({ deleted: z.array(z.string()), unknown: z.array(z.string()) }),
      'Which of the ids were there',
    ),
    ...problems,
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/items',
  summary: 'Items of the catalogue, in order of id',
  request: {
    query: z.strictObject({
      limit: queryNumber(1, 1000).default(100),
      after: z.string().optional(),
    }),
  },
  responses: {
    200: answer(
      z.object({ items: z.array(item), next: z.string().optional() }),
      'A page; give `next` as `after`',
    ),
    ...problems,
  },
});

const learned = createRoute({
  method: 'get',
  path: '/v1/items/{id}/learned',
  summary: 'What the log has taught of an item, as features read it',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: answer(
      z.object({
        itemId: z.string(),
        hash: z.string().openapi({ description: 'Of the learned columns that are live' }),
        at: z.number().openapi({ description: 'When they were published, epoch ms' }),
        columns: z.array(
          z.object({
            of: z.enum(LEARNED_MEASURES),
            days: z.number(),
            value: z.number().nullable().openapi({
              description:
                'How many people looked, or the share of them that did it; null: nothing is known in these days',
            }),
            lower: z.number().openapi({ description: 'Of how many items it is lower' }),
            known: z.number().openapi({ description: 'Of how many items it is known' }),
          }),
        ),
      }),
      'By measure and days',
    ),
    ...problems,
  },
});

const related = createRoute({
  method: 'get',
  path: '/v1/items/{id}/related',
  summary: 'Which items are published as like an item, and what they have in common',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: answer(
      z.object({
        itemId: z.string(),
        hash: z.string().openapi({ description: 'Of what is published' }),
        at: z.number().openapi({ description: 'When it was published, epoch ms' }),
        isKnown: z.boolean().openapi({
          description:
            'False of an item that was not in the catalogue then: it is new, or there is none',
        }),
        neighbours: z.array(
          z.object({
            id: z.string(),
            percent: z.number().openapi({ description: 'How alike, 0 to 100' }),
            common: z
              .array(z.object({ column: z.string(), value: z.string() }))
              .openapi({ description: 'The buckets that both are in' }),
            cosine: z
              .number()
              .nullable()
              .openapi({ description: 'Of their embeddings; null where one of them has none' }),
          }),
        ),
      }),
      'The most alike first',
    ),
    ...problems,
  },
});

export const itemRoutes = ({ store, snapshots, liveSchema, readRelated, nowMs }: Services) =>
  router()
    .openapi(put, async (c) => {
      const given = c.req.valid('json').map(parseItem);
      const upserted = await upsertItems(store, await liveSchema(), given, nowMs());
      const { created, different, unchanged } = upserted;
      const changed = created + different;
      if (changed > 0) snapshots.changed();
      return c.json({ upserted: given.length, changed, created, unchanged }, 200);
    })
    .openapi(patch, async (c) => {
      const given = c.req.valid('json').map(parseItem);
      const patched = await patchItems(store, await liveSchema(), given, nowMs());
      if (patched.changed > 0) snapshots.changed();
      return c.json({ ...patched, unknown: [...patched.unknown] }, 200);
    })
    .openapi(remove, async (c) => {
      const id = parseItemId(c.req.valid('param').id);
      const { deleted } = await deleteItems(store, [id]);
      if (deleted.length === 0)
        throw new ApiError(404, 'unknown_item', `there is no item ${id} in the catalogue`);
      snapshots.changed();
      return c.json({ deleted: id }, 200);
    })
    .openapi(removeNamed, async (c) => {
      const found = await deleteItems(store, c.req.valid('json').ids);
      if (found.deleted.length > 0) snapshots.changed();
      return c.json(found, 200);
    })
    .openapi(learned, async (c) => {
      const id = parseItemId(c.req.valid('param').id);
      const found = await readLearnedItem(store, id);
      if (found === undefined)
        throw new ApiError(
          404,
          'nothing_learned',
          learnedKeys(await liveSchema()).length === 0
            ? 'nothing is learned of items: no feature of the live schema is of kind learned'
            : 'nothing was learned of items yet: it is once something was shown, and then as learnedColumns.schedule says',
        );
      return c.json({ itemId: id, ...found }, 200);
    })
    .openapi(related, async (c) => {
      const id = parseItemId(c.req.valid('param').id);
      const found = await readRelated(id);
      if (found === undefined)
        throw new ApiError(
          404,
          'nothing_related',
          (await liveSchema()).related === undefined
            ? 'no items are related: the live schema has no "related", which says what makes items alike'
            : 'which items are alike is not published yet: it is seconds after the catalogue is',
        );
      const neighbours = found.neighbours.map((one) => ({ ...one, common: [...one.common] }));
      return c.json({ itemId: id, ...found, neighbours }, 200);
    })
    .openapi(list, async (c) => {
      const { limit, after } = c.req.valid('query');
      return c.json(await readItems(store, limit, after), 200);
    });
