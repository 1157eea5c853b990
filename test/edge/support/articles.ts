import { parseSchema } from '../../../shared/features/schema.ts';

/** A schema that reads what the requests that Azure documents say. */
export const articles = parseSchema({
  name: 'articles',
  columns: [{ name: 'type', type: 'category' }],
  features: [
    { name: 'time', kind: 'context', key: 'timeOfDay', values: ['Morning', 'Evening'] },
    {
      name: 'type',
      kind: 'category',
      column: 'type',
      values: ['News', 'Sports', 'Entertainment'],
    },
    { name: 'time-type', kind: 'cross', of: ['time', 'type'] },
  ],
  rules: { type: [0, 3, 2, 1] },
  exploration: { temperature: 2, epsilon: 0.1, poolSize: 50 },
  training: { reward: { reward_value: 1 }, objective: 'pointwise' },
});

/** The request and the reward that Azure documents as examples of Personalizer's API, v1.0. */
export const DOCUMENTED_RANK = {
  contextFeatures: [{ timeOfDay: 'Morning' }],
  actions: [
    { id: 'NewsArticle', features: [{ type: 'News' }] },
    { id: 'SportsArticle', features: [{ type: 'Sports' }] },
    { id: 'EntertainmentArticle', features: [{ type: 'Entertainment' }] },
  ],
  excludedActions: ['SportsArticle'],
  eventId: '75269AD0-BFEE-4598-8196-C57383D38E10',
  deferActivation: false,
};
export const DOCUMENTED_REWARD = { value: 1 };

/** What Metarank documents of its API: a ranking asked for, a ranking that was shown, a purchase, and what is told of an item and a user. */
const RANKING_ID = '81f46c34-a4bb-469c-8708-f8127cd67d27';
export const METARANK_RANK = {
  id: RANKING_ID,
  timestamp: '1599391467000',
  user: 'user1',
  session: 'session1',
  fields: [
    { name: 'query', value: 'jeans' },
    { name: 'source', value: 'search' },
  ],
  items: [
    { id: 'item3', fields: [{ name: 'relevancy', value: 2.0 }] },
    { id: 'item1', fields: [{ name: 'relevancy', value: 1.0 }] },
    { id: 'item2', fields: [{ name: 'relevancy', value: 0.1 }] },
  ],
};
export const METARANK_SHOWN = {
  event: 'ranking',
  id: RANKING_ID,
  timestamp: '1599391467000',
  user: 'user1',
  session: 'session1',
  fields: [
    { name: 'query', value: 'cat' },
    { name: 'source', value: 'search' },
  ],
  items: [
    { id: 'item3', relevancy: 2.0 },
    { id: 'item1', relevancy: 1.0 },
    { id: 'item2', relevancy: 0.5 },
  ],
};
export const METARANK_PURCHASE = {
  event: 'interaction',
  id: '0f4c0036-04fb-4409-b2c6-7163a59f6b7d',
  ranking: RANKING_ID,
  timestamp: '1599391467000',
  user: 'user1',
  session: 'session1',
  type: 'purchase',
  item: 'item1',
  fields: [
    { name: 'count', value: 1 },
    { name: 'shipping', value: 'DHL' },
  ],
};
export const METARANK_ITEM = {
  event: 'item',
  id: RANKING_ID,
  timestamp: '1599391467000',
  item: 'item1',
  fields: [
    { name: 'title', value: 'You favourite cat' },
    { name: 'color', value: ['white', 'black'] },
    { name: 'is_cute', value: true },
  ],
};
export const METARANK_USER = {
  event: 'user',
  id: RANKING_ID,
  timestamp: '1599391467000',
  user: 'user1',
  fields: [
    { name: 'age', value: 33 },
    { name: 'gender', value: 'm' },
  ],
};
/** The example of `POST /feedback` itself. */
export const METARANK_FEEDBACK = {
  event: 'ranking',
  id: 'id1',
  items: [
    '72998',
    '589',
    '134130',
    '5459',
    '1917',
    '2571',
    '1527',
    '97752',
    '1270',
    '1580',
    '109487',
    '79132',
  ].map((id) => ({ id })),
  user: 'alice',
  session: 'alice1',
  timestamp: 1661431894711,
};
