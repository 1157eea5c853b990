import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { DayFigures, GroupFigures } from '../../business/figures.ts';
import type { ItemFigures } from '../../business/items.ts';
import type { PageActivity } from '../../business/page-activity.ts';
import type { SearchFigures } from '../../business/searches.ts';
import type { Grouping } from '../../business/served.ts';
import { readExperiment } from '../../experiments/read-experiments.ts';
import { unitOfLayer } from '../../experiments/layers.ts';
import { readLive } from '../../models/live-pointer.ts';
import { answer, epochMs, objectOf, problems, queryNumber, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';
import { sharedReadings } from '../shared-readings.ts';

const MOST_DAYS = 90;
const FRESH_MS = 30_000;

const days = queryNumber(1, MOST_DAYS).default(30);
const span = { from: epochMs, to: epochMs };

const figures = createRoute({
  method: 'get',
  path: '/v1/business',
  summary: 'What people did with what they were shown, by version, market or arm, over time',
  request: {
    query: z.strictObject({
      days,
      by: z.literal('market').optional().openapi({
        description: 'Told apart by the market of the request, rather than by versions',
      }),
      experiment: z.string().max(120).optional().openapi({
        description: 'Told apart by the arms of this experiment, rather than by versions',
      }),
    }),
  },
  responses: {
    200: answer(
      z.object({
        ...span,
        closedBefore: epochMs.openapi({ description: 'Figures of later days still change' }),
        by: z.enum(['version', 'market', 'arm']),
        reference: z.string().optional(),
        groups: z.array(objectOf<GroupFigures>('Of the whole span')).readonly(),
        days: z.array(objectOf<DayFigures>('Of a day (UTC)')).readonly(),
        mixed: z.number(),
        catalogue: z.number(),
      }),
      'All intervals are clustered by visitor',
    ),
    ...problems,
  },
});

const items = createRoute({
  method: 'get',
  path: '/v1/business/items',
  summary: 'What people did with each item, the most shown first',
  request: {
    query: z.strictObject({
      days,
      limit: queryNumber(1, 1000).default(50),
      item: z.string().max(128).optional(),
    }),
  },
  responses: {
    200: answer(
      z.object({ ...span, items: z.array(objectOf<ItemFigures>('Of an item')).readonly() }),
      'Of days that are closed and of those that are not',
    ),
    ...problems,
  },
});

const searches = createRoute({
  method: 'get',
  path: '/v1/business/searches',
  summary: 'What people asked for, by their preferences, and whether they clicked something',
  request: { query: z.strictObject({ days, limit: queryNumber(1, 1000).default(200) }) },
  responses: {
    200: answer(
      z.object({ ...span, searches: z.array(objectOf<SearchFigures>('Of a search')).readonly() }),
      'The most frequent first',
    ),
    ...problems,
  },
});

const page = createRoute({
  method: 'get',
  path: '/v1/business/page',
  summary: 'Where on the page people had the pointer, and how far down they came',
  request: {
    query: z.strictObject({
      days,
      placement: z.string().max(64).optional().openapi({
        description: 'By default the placement that most visits are of',
      }),
    }),
  },
  responses: {
    200: answer(
      z.object({ ...span, activity: objectOf<PageActivity>('Each visitor counts once a day') }),
      'By a grid of 10 × 10 cells over the whole page',
    ),
    ...problems,
  },
});

export const businessRoutes = ({ store, business, nowMs }: Services) => {
  const shared = sharedReadings(nowMs, FRESH_MS);
  const spanOf = (count: number) => {
    const to = nowMs() + 1;
    return { from: Math.max(0, to - count * DAY_MS), to };
  };
  return router()
    .openapi(figures, async (c) => {
      const { days: count, by, experiment } = c.req.valid('query');
      const read = async () => {
        const within = spanOf(count);
        const { grouping, reference } = await groupingOf(store, by, experiment);
        const found = await business.figures(within, grouping, reference);
        return {
          ...within,
          closedBefore: await business.closedBefore(),
          by: grouping.by,
          ...found,
        };
      };
      return c.json(await shared(JSON.stringify(['figures', count, by, experiment]), read), 200);
    })
    .openapi(items, async (c) => {
      const { days: count, limit, item } = c.req.valid('query');
      const read = async () => {
        const within = spanOf(count);
        return { ...within, items: await business.items(within, limit, item) };
      };
      return c.json(await shared(JSON.stringify(['items', count, limit, item]), read), 200);
    })
    .openapi(searches, async (c) => {
      const { days: count, limit } = c.req.valid('query');
      const read = async () => {
        const within = spanOf(count);
        return { ...within, searches: await business.searches(within, limit) };
      };
      return c.json(await shared(JSON.stringify(['searches', count, limit]), read), 200);
    })
    .openapi(page, async (c) => {
      const { days: count, placement } = c.req.valid('query');
      const read = async () => {
        const within = spanOf(count);
        return { ...within, activity: await business.page(within, placement) };
      };
      return c.json(await shared(JSON.stringify(['page', count, placement]), read), 200);
    });
};

/** Markets are compared with the largest, versions with the one that is live, arms with the first one, the control. */
async function groupingOf(
  store: Services['store'],
  by: 'market' | undefined,
  id: string | undefined,
): Promise<{ readonly grouping: Grouping; readonly reference: string | undefined }> {
  if (by !== undefined && id !== undefined)
    throw new ApiError(
      400,
      'invalid_request',
      'take by or experiment: rankings are told apart by one',
    );
  if (by === 'market') return { grouping: { by }, reference: undefined };
  if (id === undefined)
    return {
      grouping: { by: 'version' },
      reference: (await readLive(store))?.pointer.champion,
    };
  const experiment = await readExperiment(store, id);
  if (experiment.design !== 'split')
    throw new ApiError(
      409,
      'interleaved',
      `every visitor of ${id} sees both arms in one slate: what they did is of neither arm alone`,
    );
  return {
    grouping: { by: 'arm', experiment: id, unit: await unitOfLayer(store, experiment.layer) },
    reference: experiment.arms[0]?.name,
  };
}
