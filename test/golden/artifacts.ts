import type { Decision } from '../../shared/domain/decision.ts';
import type {
  EventId,
  ItemId,
  RankingId,
  SessionId,
  UserId,
  Version,
} from '../../shared/domain/ids.ts';
import { NO_SESSION } from '../../shared/domain/ids.ts';
import type { Placement } from '../../shared/domain/placement.ts';
import { parseTrade } from '../../shared/domain/trade.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import type { LearnedColumns } from '../../shared/features/columns/learned-columns.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { posteriorOf } from '../../shared/score/posterior.ts';
import type { RelatedEntry, RelatedIndex } from '../../shared/format/related-bytes.ts';
import type { IngestBatch } from '../../shared/format/ingest-bytes.ts';
import {
  additiveFromPoints,
  STRIDE,
  type AdditiveScorer,
  type ForestScorer,
  type MlpScorer,
} from '../../shared/score/scorer.ts';

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

/** One item is different, one is gone. */
export const patch = {
  from: ['ab'.repeat(16), 'cd'.repeat(16)],
  edit: {
    sort: schema.columns.map((_, i) => i),
    withdrawn: ['trip-2', 'é食'],
    put: packItems(schema.columns, [
      {
        id: 'trip-1' as ItemId,
        attributes: { themes: ['ski'], price: 990, country: 'Österreich' },
      },
    ]),
  },
};

export const scorer: AdditiveScorer = additiveFromPoints(
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

/** With how well each weight is known, from exactly to as little as 16 bits can say, and an exploration that says all. */
export const withPosterior: AdditiveScorer = {
  ...scorer,
  exploration: { ...scorer.exploration, optimism: 0.5, maxLoss: 4, fromSlot: 3, prior: 12.5 },
  posterior: posteriorOf(
    schema,
    (feature, bucket) => (feature === 6 ? 1000 : feature * bucket) / 3,
  ),
};

/** With two learned crosses, and how well all of it is known. */
export const withCrosses: AdditiveScorer = {
  ...additiveFromPoints(schema, schema.rules, {
    version: 'v000042' as Version,
    parent: 'v000041' as Version,
    name: 'crossed',
    crosses: [
      { features: ['theme', 'status'], points: [[], [0.5, -1], [0, 0, 7.25]] },
      { features: ['status', 'place'], points: [[-3, 0, 0, 1 / 3]] },
    ],
  }),
  posterior: posteriorOf(schema, (feature, bucket) => feature + bucket / 4, [
    [1, 3],
    [3, 5],
  ]),
};

export const forest: ForestScorer = {
  ...scorer,
  kind: 'forest',
  rerank: { depth: 200, adds: true },
  /** A stump, a tree of three leaves, and one that is a leaf alone. */
  trees: {
    roots: Uint32Array.of(0, 3, 8),
    feature: Uint16Array.of(1, 0, 0, 6, 2, 0, 0, 0, 0),
    threshold: Uint8Array.of(2, 0, 0, 254, 0, 0, 0, 0, 0),
    shift: Uint8Array.of(0, 0, 0, 1, 1, 0, 0, 0, 0),
    left: Uint32Array.of(1, 0, 0, 4, 6, 0, 0, 0, 0),
    units: Int32Array.of(0, 65_536, -98_304, 0, 0, 1, -1, 2_000_000, 123_456),
  },
};

export const crossedForest: ForestScorer = {
  ...forest,
  crosses: withCrosses.crosses!,
  weights: withCrosses.weights,
};

/** Parameter i of a list is (i + 1) / `by`, in the buckets that there are. */
const ramp = (length: number, by: number) => Float32Array.from({ length }, (_, i) => (i + 1) / by);
const embedding = new Float32Array(schema.features.length * STRIDE * 2);
[2, 4, 4, 4, 3, 4, 10].forEach((buckets, feature) => {
  embedding.set(ramp(buckets * 2, -10 * (feature + 1)), feature * STRIDE * 2);
});

export const mlp: MlpScorer = {
  ...scorer,
  kind: 'mlp',
  rerank: { depth: 64, adds: false },
  network: {
    width: 2,
    embedding,
    embeddingBias: Float32Array.of(3.5, 7),
    hidden: [{ size: 3, weights: ramp(6, 4), bias: Float32Array.of(-1, 0, 1e-30) }],
    output: Float32Array.of(12, -0.1, 1e6),
    outputBias: -0.25,
  },
};

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

/** What experiments add, each alone and together; the shadow of a slate that was empty is empty. */
export const experimentDecisions: readonly Decision[] = [
  {
    ...first,
    arm: 'exp_1:treatment exp_7:b',
    shadow: { version: 'v000042' as Version, itemIds: ['3', 'trip-2'] as ItemId[] },
  },
  { ...first, arm: 'exp_9:control', teams: Uint8Array.of(1, 0) },
  {
    ...first,
    teams: Uint8Array.of(0, 1),
    shadow: { version: 'v000042' as Version, itemIds: ['trip-1', '3'] as ItemId[] },
  },
  { ...degraded, shadow: { version: 'v000042' as Version, itemIds: [] } },
  first,
];

/** With a placement and a consent, alone and beside decisions of older edges; without consent nobody is named. */
export const placedDecisions: readonly Decision[] = [
  { ...first, context: { placement: 'home' as Placement, consent: 'personalise' } },
  {
    ...first,
    sessionId: NO_SESSION,
    userId: undefined,
    context: { placement: 'main' as Placement, consent: 'none' },
  },
  { ...experimentDecisions[2], context: { placement: 'main' as Placement, consent: 'measure' } },
  first,
];

/** With who vouches for the items, in one decision beside a placement, and in one of an older edge. */
export const sourcedDecisions: readonly Decision[] = [
  {
    ...first,
    context: { placement: 'home' as Placement, consent: 'measure' },
    itemSource: 'browser',
  },
  { ...first, itemSource: 'server' },
  first,
];

/** With the revision of the pointer, the lowest and the highest, beside all other parts and beside a decision of an older edge. */
export const revisedDecisions: readonly Decision[] = [
  { ...sourcedDecisions[0], arm: 'exp_1:treatment', pointerRevision: 1 },
  {
    ...experimentDecisions[2],
    context: { placement: 'main' as Placement, consent: 'measure' },
    itemSource: 'server',
    pointerRevision: 4_294_967_295,
  },
  { ...first, pointerRevision: 258 },
  first,
];

/** With raised scores, and with an exploration that asks for them where none was raised; beside a decision of an older edge. */
export const raisedDecisions: readonly Decision[] = [
  {
    ...revisedDecisions[0],
    exploration: { ...first.exploration, optimism: 0.5, maxLoss: 4, fromSlot: 2 },
    raises: [0, 65_535 * 4096],
  },
  { ...first, exploration: { ...first.exploration, optimism: 0.1 }, raises: [4096, 0] },
  { ...first, exploration: { ...first.exploration, fromSlot: 1000 } },
  { ...degraded, exploration: { ...first.exploration, optimism: 1 }, raises: [] },
  first,
];

/** With the learned columns that were read, in a decision that has all other parts too and in one that has none. */
export const learnedDecisions: readonly Decision[] = [
  { ...raisedDecisions[0], learned: 'cd'.repeat(16) },
  { ...first, learned: '0f'.repeat(16) },
  first,
];

export const learned: LearnedColumns = {
  ids: ['3', 'trip-1', 'trip-2'] as ItemId[],
  columns: [
    {
      of: 'views',
      days: 1,
      levels: Float64Array.of(0.25, 17.5),
      codes: Uint8Array.of(2, 0, 1),
    },
    {
      of: 'bookingRate',
      days: 30,
      levels: Float64Array.of(1 / 3),
      codes: Uint8Array.of(1, 1, 0),
    },
  ],
};

/** Where the site's own order was kept, with what would have been shown and without; beside decisions of other kinds. */
export const apprenticeDecisions: readonly Decision[] = [
  {
    ...revisedDecisions[0],
    arm: 'apprentice-3:site',
    pointerRevision: undefined,
    propensities: [1, 1],
    exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
    shadow: { version: 'v000041' as Version, itemIds: ['3', 'trip-1'] as ItemId[] },
    siteOrder: true,
  },
  { ...first, propensities: [1, 1], siteOrder: true },
  raisedDecisions[0],
  first,
];

/** With filters and exclusions, beside all other parts, of a ranking for which they left nothing, and beside one that had none. */
export const filteredDecisions: readonly Decision[] = [
  {
    ...learnedDecisions[0],
    request: JSON.stringify({
      preferences: {},
      context: {},
      recent: [],
      filters: { all: [{ column: 'price', to: 1500 }, { not: { column: 'country', in: ['PT'] } }] },
      exclude: ['trip-9'],
    }),
    allowed: 70_000,
  },
  { ...degraded, itemIds: [], units: [], propensities: [], codes: new Uint8Array(), allowed: 0 },
  apprenticeDecisions[0],
  first,
];

/** Under rules that restricted the draw, with a pin and boosts, as a second page with and without consent, and beside one without rules. */
export const ruledDecisions: readonly Decision[] = [
  {
    ...filteredDecisions[0],
    boosts: [-65_536, 131_072],
    pinned: Uint8Array.of(0, 1),
    isRestricted: true,
    page: { offset: 20, of: 'r-0' as RankingId },
  },
  { ...first, page: { offset: 40 } },
  first,
];

/** Of related items: what was found of one, and one of which nothing is known, beside one that asks for none. */
export const relatedDecisions: readonly Decision[] = [
  {
    ...first,
    request:
      '{"preferences":{},"context":{},"recent":[],"related":{"to":["trip-3"],"items":["trip-1","trip-2"],"percent":[93,12]}}',
  },
  { ...first, request: '{"preferences":{},"context":{},"recent":[],"related":{"to":["é食"]}}' },
  first,
];

export const relatedIndex: RelatedIndex = {
  items: 3,
  bits: 1,
  shards: ['ab'.repeat(16), 'cd'.repeat(16)],
};

export const relatedShard: readonly RelatedEntry[] = [
  {
    id: 'trip-1' as ItemId,
    neighbours: [
      { id: 'é食' as ItemId, percent: 100 },
      { id: 'trip-2' as ItemId, percent: 0 },
    ],
  },
  { id: 'trip-2' as ItemId, neighbours: [] },
  { id: 'é食' as ItemId, neighbours: [{ id: 'trip-1' as ItemId, percent: 100 }] },
];

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

export const placedBatch: IngestBatch = {
  batchId: 'object-1-20',
  decisions: placedDecisions,
  events: [{ ...batch.events[0], placement: 'home' as Placement }, batch.events[0]],
};

/** Where a batch is stored, who keyed its ids, and by what it is signed. */
export const storedAt = {
  key: 'log/v1/day=2026-11-30/shard=7f53.mx3h/000000000012-1796031000123-5f0c2a91d4e0b7c3',
  identity: 'Zm9yIGlk',
  secret: 'ingest secret of the golden files',
};

export const revisedBatch: IngestBatch = {
  batchId: 'object-1-20',
  decisions: revisedDecisions,
  events: [{ ...placedBatch.events[0], pointerRevision: 258 }, batch.events[0]],
};

/** Of a snapshot that is sold in several markets. */
export const trade = parseTrade({
  rates: { base: 'EUR', day: '2026-11-30', perBase: { USD: 1.0832, CHF: 0.95 } },
  markets: {
    default: 'DE',
    column: 'themes',
    unlisted: 'nowhere',
    markets: {
      DE: { currency: 'EUR', language: 'de' },
      US: { currency: 'USD', language: 'en', prices: { price: 'price' } },
    },
  },
});
