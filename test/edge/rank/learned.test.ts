import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import {
  learnedPart,
  type LearnedColumns,
} from '../../../shared/features/columns/learned-columns.ts';
import { LearnedTables } from '../../../edge/rank/learned-cache.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { withLearned } from '../../../shared/score/learned-table.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, SECRET } from '../support/edge.ts';
import { experimentOf, layerOf, publishTraffic } from '../support/experiments.ts';
import { eventually } from '../support/eventually.ts';
import { publishItems, publishLearned, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';

/** Items that no attribute tells apart. */
const schema = parseSchema({
  name: 'learning',
  columns: [{ name: 'word', type: 'category' }],
  features: [
    { name: 'rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 },
    { name: 'word', kind: 'category', column: 'word', values: ['a'] },
    { name: 'rate-of-word', kind: 'cross', of: ['rate', 'word'] },
  ],
  rules: { rate: [2.5, 1, 2, 3, 4, 5] },
});
const IDS = ['i1', 'i2', 'i3', 'i4', 'i5'];
const items = [...IDS, 'unknown'].map((id) => ({
  id: parseItemId(id),
  attributes: { word: 'a' },
}));
/** @param order of the items by what was learned, the poorest first. */
const learnedOf = (order: readonly string[]): LearnedColumns => ({
  ids: order.toSorted().map(parseItemId),
  columns: [
    {
      of: 'clickRate',
      days: 7,
      levels: Float64Array.from(order, (_, i) => (i + 1) / 100),
      codes: Uint8Array.from(order.toSorted(), (id) => order.indexOf(id) + 1),
    },
  ],
});
const RISING = learnedOf(IDS);
const FALLING = learnedOf(IDS.toReversed());
const best = (answer: RankAnswer) => answer.items.map(({ id }) => id);
const IN_ORDER = ['i5', 'i4', 'i3', 'unknown', 'i2', 'i1'];
const IN_TURN = ['i1', 'i2', 'i3', 'unknown', 'i4', 'i5'];

const down = () => Promise.reject(new Error('down for a test'));
/** KV in which only what is learned cannot be read. */
const withoutLearned = (get: (key: string) => unknown) => ({
  get: (key: string, options: object) =>
    key === 'learned' || key.startsWith('l/') ? get(key) : env.CATALOGUE.get(key, options),
});

let snapshot: string;
beforeEach(async () => {
  await reset();
  snapshot = await publishItems(items, schema);
  await publishScorer('v000001', { schema });
});
afterEach(() => vi.restoreAllMocks());

async function decisionOf({ rankingId }: RankAnswer) {
  const backend = fakeBackend();
  await shipAll();
  const sent = backend.sent.flatMap(({ decisions }) => decisions);
  return sent.find((decision) => decision.rankingId === rankingId)!;
}

describe('tables with what was learned', () => {
  const from = rankable(packItems(schema.columns, items));
  const part = learnedPart(RISING, 'hash');
  const readingIn = (buckets: number) =>
    parseSchema({
      name: `in-${buckets}`,
      columns: schema.columns,
      features: [{ name: 'rate', kind: 'learned', of: 'clickRate', days: 7, buckets }],
    });

  it('are one for all schemas that read the same columns', () => {
    const tables = new LearnedTables();
    const table = tables.of(from, schema, part);
    expect(table.table).toEqual(withLearned(from, schema, part).table);
    expect(tables.of(from, readingIn(5), part)).toBe(table);
    const other = tables.of(from, readingIn(4), part);
    expect(other.table).toEqual(withLearned(from, readingIn(4), part).table);
    expect(tables.of(from, schema, part)).toBe(table);
  });

  it('are kept as long as they are asked for, and few of them', () => {
    const tables = new LearnedTables();
    const table = tables.of(from, schema, part);
    const first = tables.of(from, readingIn(10), part);
    for (let buckets = 11; buckets < 20; buckets++) {
      tables.of(from, readingIn(buckets), part);
      expect(tables.of(from, schema, part)).toBe(table);
    }
    expect(tables.of(from, readingIn(10), part)).not.toBe(first);
    const changed = rankable(packItems(schema.columns, items.slice(1)));
    expect(tables.of(changed, schema, part).table.ids).toHaveLength(items.length - 1);
  });
});

describe('what was learned of items', () => {
  it('ranks them, is explained in words, and is named in the decision, from which the slate is drawn again', async () => {
    const hash = await publishLearned(RISING);
    const isolate = coldIsolate();
    const answer = await rank(isolate, { explain: true });
    expect(best(answer)).toEqual(IN_ORDER);
    expect(answer).toMatchObject({ degraded: false, snapshot });
    expect(answer.items[0].reasons).toEqual([
      { feature: 'rate', because: 'click rate of 7 days: 5 of 5 from below', points: 5 },
    ]);
    const decision = await decisionOf(answer);
    expect(decision).toMatchObject({ learned: hash, degraded: false });
    const table = withLearned(
      rankable(packItems(schema.columns, items)),
      schema,
      learnedPart(RISING, hash),
    );
    const { at: nowMs, seed, exploration, limit } = decision;
    const scorer = await storeScorer('v000001', { schema });
    const again = rankSlate(scorer, table, JSON.parse(decision.request), {
      limit,
      seed,
      nowMs,
      exploration,
    });
    expect([again.ids, again.units, again.codes]).toEqual([
      decision.itemIds,
      decision.units,
      decision.codes,
    ]);
    const version = await isolate.fetch('/v1/version', { key: SECRET });
    expect(await version.json()).toMatchObject({ learned: hash, degraded: false });
  });

  it('is followed when it changes, and when the catalogue does', async () => {
    await publishLearned(RISING);
    const isolate = coldIsolate();
    expect(best(await rank(isolate))).toEqual(IN_ORDER);
    await publishLearned(FALLING);
    await eventually(async () => expect(best(await rank(isolate))).toEqual(IN_TURN));
    await publishItems(items.slice(1, 3), schema);
    await eventually(async () => expect(best(await rank(isolate))).toEqual(['i2', 'i3']));
  });

  it('is known of candidates, also of those that the catalogue does not have', async () => {
    await publishLearned(RISING);
    await publishItems(items.slice(0, 2), schema);
    const candidates = ['i4', { id: 'i1', word: 'b' }, 'i5', 'nobody-knows'];
    const answer = await rank(coldIsolate(), { candidates });
    expect(best(answer)).toEqual(['i5', 'i4', 'nobody-knows', 'i1']);
  });

  it('is read by both arms of an interleaved slate, and by a version in shadow', async () => {
    const hash = await publishLearned(RISING);
    await storeScorer('v000002', { schema, points: { rate: [0, 5, 4, 3, 2, 1] } });
    const isolate = coldIsolate();
    const own = experimentOf('exp_1', { design: 'interleaved' });
    await publishTraffic(
      isolate,
      {
        champion: 'v000001',
        arms: { 'exp_1:treatment': 'v000002' },
        layers: [layerOf('ranking', [own], 'session')],
        shadow: { version: 'v000002', share: 1 },
      },
      { experiments: ['exp_1'], shadow: 'v000002' },
    );
    const answer = await rank(isolate, { limit: 2 });
    // Whoever drafts first, one takes the best and one the poorest.
    expect(best(answer).toSorted()).toEqual(['i1', 'i5']);
    expect(await decisionOf(answer)).toMatchObject({
      learned: hash,
      shadow: { version: 'v000002', itemIds: ['i1', 'i2'] },
    });
  });

  it('is unknown of all items, and no fault, before anything was published', async () => {
    const answer = await rank(coldIsolate());
    expect(answer).toMatchObject({ status: 200, degraded: false });
    expect(new Set(answer.items.map(({ score }) => score))).toEqual(new Set([2.5]));
    const decision = await decisionOf(answer);
    expect(decision).not.toHaveProperty('learned');
    expect(new Set(decision.codes)).toEqual(new Set([0, 1]));
  });

  it('is not asked for where no feature of the schema reads it', async () => {
    await publishLearned(RISING);
    const asked: string[] = [];
    const CATALOGUE = {
      get: (key: string, options: object) => {
        asked.push(key);
        return env.CATALOGUE.get(key, options);
      },
    };
    const plain = parseSchema({ ...schema, features: schema.features.slice(1, 2), rules: {} });
    await publishItems(items, plain);
    await publishScorer('v000003', { schema: plain });
    const answer = await rank(coldIsolate({ CATALOGUE }));
    expect(answer).toMatchObject({ status: 200, degraded: false });
    expect(asked.filter((key) => key !== 'active').every((key) => key.startsWith('s/'))).toBe(true);
    expect(await decisionOf(answer)).not.toHaveProperty('learned');
  });

  it.each([
    [
      'of another kind',
      (hash: string) =>
        env.CATALOGUE.get(`s/${snapshot}/0`, 'arrayBuffer').then((bytes) =>
          env.CATALOGUE.put(`l/${hash}/0`, bytes!),
        ),
    ],
    ['damaged', (hash: string) => env.CATALOGUE.put(`l/${hash}/0`, 'x')],
    ['absent', (hash: string) => env.CATALOGUE.delete(`l/${hash}/0`)],
    ['named by no pointer', () => env.CATALOGUE.put('learned', 'salt and pepper')],
  ])('is unknown, degraded, where it is %s and nothing else is at hand', async (_, spoil) => {
    await spoil(await publishLearned(RISING));
    const answer = await rank(coldIsolate());
    expect(answer).toMatchObject({ status: 200, snapshot, degraded: true });
    expect(new Set(answer.items.map(({ score }) => score))).toEqual(new Set([2.5]));
    const decision = await decisionOf(answer);
    expect(decision).toMatchObject({ degraded: true });
    expect(decision).not.toHaveProperty('learned');
    expect(await rank(coldIsolate(), { candidates: IDS })).toMatchObject({
      status: 200,
      degraded: true,
    });
  });

  it.each([
    ['damaged', (hash: string) => env.CATALOGUE.put(`l/${hash}/0`, 'x')],
    ['absent', (hash: string) => env.CATALOGUE.delete(`l/${hash}/0`)],
    ['named by no pointer', () => env.CATALOGUE.put('learned', '{}')],
    ['gone', () => env.CATALOGUE.delete('learned')],
  ])(
    'is what was last good, degraded, in memory and in the cell, where the new one is %s',
    async (_, spoil) => {
      const hash = await publishLearned(RISING);
      const isolate = coldIsolate();
      await rank(isolate);
      await spoil(await publishLearned(FALLING));
      let last: RankAnswer | undefined;
      for (const each of [isolate, coldIsolate()])
        await eventually(async () => {
          last = await rank(each);
          expect(last).toMatchObject({ status: 200, degraded: true });
          expect(best(last)).toEqual(IN_ORDER);
        });
      expect(await decisionOf(last!)).toMatchObject({ learned: hash, degraded: true });
    },
  );

  it.each([
    ['fails', () => down()],
    ['never answers', () => new Promise(() => undefined)],
  ])(
    'is what was last good in a cold isolate whose KV %s, and that of KV once it answers',
    async (_, get) => {
      await publishLearned(RISING);
      await rank(coldIsolate());
      let isDown = true;
      const CATALOGUE = {
        get: (key: string, options: object) =>
          isDown ? withoutLearned(get).get(key, options) : env.CATALOGUE.get(key, options),
      };
      const isolate = coldIsolate({ CATALOGUE });
      const answer = await rank(isolate);
      expect(answer).toMatchObject({ snapshot, degraded: true });
      expect(best(answer)).toEqual(IN_ORDER);
      await publishLearned(FALLING);
      isDown = false;
      await eventually(async () => {
        const later = await rank(isolate);
        expect(later).toMatchObject({ degraded: false });
        expect(best(later)).toEqual(IN_TURN);
      });
    },
  );

  it('is kept beside the catalogue, in an object of its own', async () => {
    await publishLearned(RISING);
    await rank(coldIsolate());
    const answer = await rank(coldIsolate({ CATALOGUE: { get: down }, WEIGHTS: { get: down } }));
    expect(answer).toMatchObject({ status: 200, snapshot, degraded: true });
    expect(best(answer)).toEqual(IN_ORDER);
  });
});
