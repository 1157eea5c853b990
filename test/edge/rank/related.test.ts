import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { parseLoggedRequest } from '../../../shared/domain/logged-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import {
  relatedIndexToBytes,
  relatedShardToBytes,
  type RelatedEntry,
} from '../../../shared/format/related-bytes.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, SECRET } from '../support/edge.ts';
import { publishItems, publishScorer, storeScorer } from '../support/publish.ts';
import { rank, type RankAnswer } from '../support/rank.ts';

const schema = parseSchema({
  name: 'beside',
  columns: [
    { name: 'word', type: 'category' },
    { name: 'vector', type: 'embedding', dimensions: 2 },
  ],
  features: [
    { name: 'alike', kind: 'related', edges: [50, 80] },
    { name: 'word', kind: 'category', column: 'word', values: ['a', 'b'] },
  ],
  rules: { alike: [0, 1, 4, 9], word: [0, 2, 0] },
  related: { by: [{ column: 'vector' }] },
});
const IDS = Array.from({ length: 12 }, (_, i) => `i${String(i).padStart(2, '0')}`);
const items = IDS.map((id, i) => ({
  id: parseItemId(id),
  attributes: { word: i % 2 === 0 ? 'a' : 'b', vector: [1, i] },
}));
const EXPLORING = { temperature: 3, epsilon: 0.1, poolSize: 50 };

/** Puts neighbours live, all in one shard. */
async function publishRelated(entries: readonly RelatedEntry[]): Promise<string> {
  const shard = relatedShardToBytes(entries);
  const name = snapshotHash(shard);
  await env.CATALOGUE.put(`r/${name}/0`, shard);
  const index = relatedIndexToBytes({ items: entries.length, bits: 0, shards: [name] });
  const hash = snapshotHash(index);
  await env.CATALOGUE.put(`r/${hash}/0`, index);
  const pointer = { hash, parts: 1, sizeBytes: index.length, at: Date.now() };
  await env.CATALOGUE.put('related', JSON.stringify(pointer));
  return name;
}
const listOf = (id: string, neighbours: Record<string, number>): RelatedEntry => ({
  id: parseItemId(id),
  neighbours: Object.entries(neighbours).map(([one, percent]) => ({
    id: parseItemId(one),
    percent,
  })),
});
const ENTRIES = [
  listOf('i00', { i01: 95, i02: 80, i03: 60, i04: 20, gone: 10 }),
  listOf('i05', { i01: 30, i00: 90, i06: 70 }),
  listOf('withdrawn', { i07: 88 }),
];

let shard: string;
beforeEach(async () => {
  await reset();
  await publishItems(items, schema);
  await publishScorer('v000001', { schema });
  shard = await publishRelated(ENTRIES);
});
afterEach(() => vi.restoreAllMocks());

const ids = (answer: RankAnswer) => answer.items.map(({ id }) => id);
const relatedOf = (answer: RankAnswer) => (answer as RankAnswer & { related?: unknown }).related;

async function decisionOf({ rankingId }: RankAnswer) {
  const backend = fakeBackend();
  await shipAll();
  const sent = backend.sent.flatMap(({ decisions }) => decisions);
  return sent.find((decision) => decision.rankingId === rankingId)!;
}

describe('related items', () => {
  it('are the neighbours that the catalogue has, by how alike they are, in words, and never the item itself', async () => {
    const answer = await rank(coldIsolate(), { related: 'i00', explain: true });
    expect(ids(answer)).toEqual(['i01', 'i02', 'i03', 'i04']);
    expect(relatedOf(answer)).toEqual({ to: ['i00'], neighbours: 5 });
    expect(answer.items[0].reasons).toContainEqual({
      feature: 'alike',
      because: 'very alike (over 80 %)',
      points: 9,
    });
    expect(answer.items.map(({ score }) => score)).toEqual([9, 6, 4, 3]);
    expect(answer.degraded).toBe(false);
  });

  it('of several items are the neighbours of all of them, each by the one that it is most like, of one read', async () => {
    const get = vi.spyOn(env.CATALOGUE, 'get');
    const answer = await rank(coldIsolate(), { related: { to: ['i05', 'i00', 'i05'] } });
    expect(ids(answer)).toEqual(['i01', 'i02', 'i06', 'i03', 'i04']);
    expect(relatedOf(answer)).toEqual({ to: ['i05', 'i00'], neighbours: 6 });
    expect(get.mock.calls.filter(([key]) => String(key) === `r/${shard}/0`).length).toBe(1);
  });

  it('keep to filters, exclusions and pins, page by page', async () => {
    const isolate = coldIsolate();
    const filtered = await rank(isolate, {
      related: 'i00',
      filters: { column: 'word', in: ['a'] },
      exclude: ['i02'],
    });
    expect(ids(filtered)).toEqual(['i04']);
    const pinned = await rank(isolate, {
      related: 'i00',
      slateRules: { pins: [{ id: 'i04', position: 1 }] },
    });
    expect(ids(pinned)).toEqual(['i04', 'i01', 'i02', 'i03']);
    const first = await rank(isolate, { related: 'i00', limit: 3, paging: true });
    const second = await rank(isolate, { related: 'i00', limit: 3, cursor: first.cursor });
    expect([...ids(first), ...ids(second)]).toEqual(['i01', 'i02', 'i03', 'i04']);
  });

  it('of an item of which nothing is known are all but that item, with the reason', async () => {
    const answer = await rank(coldIsolate(), { related: 'i11', limit: 20 });
    expect(ids(answer).toSorted()).toEqual(IDS.slice(0, 11));
    expect(relatedOf(answer)).toEqual({
      to: ['i11'],
      neighbours: 0,
      problem: 'nothing is known of i11',
    });
    expect(answer.degraded).toBe(false);
  });

  it('of an item that was withdrawn since are still its neighbours', async () => {
    expect(ids(await rank(coldIsolate(), { related: 'withdrawn' }))).toEqual(['i07']);
  });

  it('are drawn with exact probabilities, logged as they were served, and drawn again from the log alone', async () => {
    await publishScorer('v000002', { schema, exploration: EXPLORING });
    const answer = await rank(coldIsolate(), { related: 'i00' });
    const points = answer.items.map(({ score }) => score);
    answer.items.forEach(({ propensity }, slot) => {
      const left = points.map((_, i) => i).slice(slot);
      expect(propensity).toBeCloseTo(slotProbability(points, left, slot, EXPLORING), 12);
    });
    const decision = await decisionOf(answer);
    expect(JSON.parse(decision.request).related).toEqual({
      to: ['i00'],
      items: ['i01', 'i02', 'i03', 'i04', 'gone'],
      percent: [95, 80, 60, 20, 10],
    });
    expect(decision.allowed).toBe(4);
    const scorer = await storeScorer('v000002', { schema, exploration: EXPLORING });
    const again = rankSlate(
      scorer,
      rankable(packItems(schema.columns, items)),
      parseLoggedRequest(JSON.parse(decision.request)),
      {
        limit: decision.limit,
        seed: decision.seed,
        nowMs: decision.at,
        exploration: decision.exploration,
      },
    );
    expect([again.ids, again.units, again.propensities, again.codes]).toEqual([
      decision.itemIds,
      decision.units,
      decision.propensities,
      decision.codes,
    ]);
  });

  it('are all items where neighbours cannot be read, and the answer says that it is degraded', async () => {
    await env.CATALOGUE.put(`r/${shard}/0`, new Uint8Array(40));
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const answer = await rank(coldIsolate(), { related: 'i00', limit: 20 });
    expect(answer.items.length).toBe(11);
    expect(answer.degraded).toBe(true);
    expect(relatedOf(answer)).toMatchObject({
      problem: 'which items are alike could not be read',
    });
  });

  it('are all items where the schema says nothing of what makes them alike', async () => {
    const { related: _, ...others } = schema;
    const plain = parseSchema({ ...others, features: schema.features.slice(1), rules: {} });
    await publishItems(items, plain);
    await publishScorer('v000003', { schema: plain });
    const answer = await rank(coldIsolate(), { related: 'i00', limit: 20 });
    expect(answer.items.length).toBe(11);
    expect(relatedOf(answer)).toMatchObject({ neighbours: 0 });
  });

  it('leave the rest alone: who asks for none reads nothing of them', async () => {
    const get = vi.spyOn(env.CATALOGUE, 'get');
    const answer = await rank(coldIsolate(), {}, { key: SECRET });
    expect(relatedOf(answer)).toBeUndefined();
    expect(get.mock.calls.map(([key]) => String(key)).filter((key) => key.startsWith('r'))).toEqual(
      [],
    );
    expect(JSON.parse((await decisionOf(answer)).request)).not.toHaveProperty('related');
  });

  it.each([
    [5.5, 'an item id that is a number must be a whole number'],
    [true, 'related must be an item id, or {to: id or ids}, but was true'],
    ['', 'item id must be 1 to 128 printable characters'],
    ['..', 'must not be ".."'],
    [['i00'], 'related must be an item id, or {to: id or ids}'],
    [{ to: [] }, 'a list of 1 to 8, but was a list of 0'],
    [{}, 'related must be an item id, or {to: id or ids}'],
    [{ too: 'i00' }, 'did you mean "to"?'],
    [{ to: [['i00']] }, 'related must be an item id'],
    [{ to: Array.from({ length: 9 }, (_, i) => `i${i}`) }, 'was a list of 9'],
    ['x'.repeat(129), '1 to 128'],
  ])('%j is refused in words', async (related, words) => {
    const answer = await rank(coldIsolate(), { related });
    expect(answer.status).toBe(400);
    expect(answer.message).toContain(words);
  });

  it('are found by embeddings, and nothing is chosen by these', async () => {
    const filters = { column: 'vector', known: true };
    const answer = await rank(coldIsolate(), { related: 'i00', filters });
    expect(answer.status).toBe(400);
    expect(answer.message).toContain('filters.column: column "vector" is an embedding');
  });

  it('of candidates is refused, and an item named as what objects inherit is one of which nothing is known', async () => {
    const refused = await rank(coldIsolate(), { related: 'i00', candidates: ['i01'] });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.message).toContain('leave candidates out');
    const answer = await rank(coldIsolate(), { related: '__proto__' });
    expect(relatedOf(answer)).toMatchObject({ neighbours: 0 });
  });
});
