import type { Decision } from '../../shared/domain/decision.ts';
import type {
  EventId,
  ItemId,
  RankingId,
  SessionId,
  UserId,
  Version,
} from '../../shared/domain/ids.ts';
import { packItems } from '../../shared/features/item-table.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import type { IngestBatch } from '../../shared/format/ingest-bytes.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';

/** What the golden files hold. Never edit a value: add a new file for a new format instead. */
const schema = parseSchema({
  name: 'golden',
  columns: [
    { name: 'themes', type: 'set' },
    { name: 'price', type: 'number' },
    { name: 'status', type: 'category' },
    { name: 'departure', type: 'date' },
    { name: 'place', type: 'path', from: ['continent', 'country'] },
  ],
  features: [
    { name: 'base', kind: 'constant' },
    { name: 'theme', kind: 'set-overlap', column: 'themes', preference: 'themes', most: 2 },
    {
      name: 'budget',
      kind: 'price-to-budget',
      column: 'price',
      preference: 'budget',
      overPercent: [0, 10],
    },
    { name: 'status', kind: 'category', column: 'status', values: ['open', 'full'] },
    { name: 'soon', kind: 'date-soon', column: 'departure', days: [30] },
    { name: 'place', kind: 'hierarchy', column: 'place', preferences: ['continents', 'countries'] },
    { name: 'theme-on-budget', kind: 'cross', of: ['theme', 'budget'] },
  ],
  filters: [{ column: 'status', exclude: ['full'] }],
  constraints: [{ feature: 'budget', monotone: 'decreasing' }],
  rules: { base: [0, 30], theme: [0, -15, 12, 25] },
  exploration: { temperature: 2.5, epsilon: 0.05, poolSize: 40 },
  training: {
    objective: 'pointwise',
    l2: 0.5,
    position: 'given',
    reward: { click: 1, booking: 10 },
  },
});

export const snapshot = {
  schema,
  table: packItems(schema.columns, [
    {
      id: 'trip-1' as ItemId,
      attributes: {
        themes: ['ski', 'food'],
        price: 1299.5,
        status: 'open',
        departure: '2026-03-01',
        continent: 'Europe',
        country: 'Österreich',
      },
    },
    {
      id: 'trip-2' as ItemId,
      attributes: { themes: ['food'], price: -0, status: 'full', continent: 'Asia' },
    },
    { id: '3' as ItemId, attributes: {} },
  ]),
};

export const scorer: Scorer = additiveFromPoints(
  schema,
  { ...schema.rules, budget: [0, 12, 8, -1.25], place: [0.1, 15, 5, -1 / 3] },
  {
    version: 'v000041' as Version,
    parent: 'v000040' as Version,
    name: 'learned',
    calibration: { intercept: -2.5, slope: 0.07 },
    exploration: { temperature: 1.5, epsilon: 0.01, poolSize: 25 },
  },
);

const first: Decision = {
  rankingId: 'r-1' as RankingId,
  at: 1_772_323_200_123,
  sessionId: 's-1' as SessionId,
  userId: 'u-1' as UserId,
  arm: 'challenger',
  weights: 'v000041' as Version,
  delta: 3,
  schemaHash: schema.hash,
  snapshot: 'ab'.repeat(16),
  degraded: false,
  seed: 4_294_967_295,
  exploration: { temperature: 1.5, epsilon: 0.01, poolSize: 25 },
  limit: 20,
  request: '{"preferences":{"themes":["食"]}}',
  itemIds: ['trip-1', '3'] as ItemId[],
  units: [1_966_080, -983_040],
  propensities: [0.75, 1],
  codes: Uint8Array.from([1, 3, 1, 1, 2, 1, 7, 1, 0, 0, 0, 0, 0, 0]),
};
const degraded: Decision = {
  ...first,
  rankingId: 'r-2' as RankingId,
  userId: undefined,
  arm: undefined,
  snapshot: '',
  degraded: true,
  itemIds: [],
  units: [],
  propensities: [],
  codes: new Uint8Array(),
};
export const decisions: readonly Decision[] = [first, degraded];

export const batch: IngestBatch = {
  batchId: 'object-1-20',
  decisions,
  events: [
    {
      eventId: 'e-1' as EventId,
      type: 'click',
      rankingId: 'r-1' as RankingId,
      itemId: 'trip-1' as ItemId,
      position: 1,
      value: 0.5,
      properties: { source: 'list', deep: false },
      timestamp: 1_772_323_201_000,
      sessionId: 's-1' as SessionId,
      userId: 'u-1' as UserId,
      arm: 'challenger',
      weights: 'v000041' as Version,
      receivedAt: 1_772_323_201_050,
    },
  ],
};
