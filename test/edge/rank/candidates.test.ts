import { beforeAll, describe, expect, it } from 'vitest';
import { coldIsolate } from '../support/edge.ts';
import { hotels } from '../../support/other-schemas.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const preferences = { budget: 250 };

describe('ranking the candidates of a request', () => {
  let hash: string;

  beforeAll(async () => {
    hash = await publishItems(openTrips(5));
    await publishScorer('v000001');
  });

  it('lets only the candidates compete, with what the catalogue knows of them', async () => {
    const answer = await rank(coldIsolate(), { preferences, candidates: ['open-4', 'open-1'] });
    expect(answer.items.map(({ id, score }) => [id, score])).toEqual([
      ['open-1', 42],
      ['open-4', 30],
    ]);
    expect(answer.snapshot).toBe(hash);
  });

  it.each([
    { what: 'a live price', live: { price: 200 }, score: 42 },
    { what: 'a live status', live: { status: 'last_places' }, score: 45 },
    { what: 'an attribute that the schema does not read', live: { mood: 'good' }, score: 30 },
    { what: 'a price that is gone', live: { price: null }, score: 30 },
  ])('lets $what of the caller overrule the catalogue', async ({ live, score }) => {
    const { items } = await rank(coldIsolate(), {
      preferences,
      candidates: [{ id: 'open-4', ...live }],
    });
    expect(items).toMatchObject([{ id: 'open-4', score }]);
  });

  it('ranks items that the catalogue does not know by what the caller says of them', async () => {
    const { items } = await rank(coldIsolate(), {
      preferences,
      candidates: ['unheard-of', { id: 'new', price: 100 }],
    });
    expect(items.map(({ id, score }) => [id, score])).toEqual([
      ['new', 42],
      ['unheard-of', 30],
    ]);
  });

  it('keeps the order given among equals, and filters full trips', async () => {
    const { items } = await rank(coldIsolate(), {
      candidates: ['b', { id: 'full', status: 'full' }, 'a', 'c'],
    });
    expect(items.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  });

  it('needs no catalogue of the schema of the weights', async () => {
    await publishScorer('v000002', { schema: hotels });
    const answer = await rank(coldIsolate(), {
      candidates: [
        { id: 'plain', stars: 2 },
        { id: 'grand', stars: 5 },
      ],
    });
    expect(answer).toMatchObject({ weights: 'v000002', snapshot: '', degraded: false });
    expect(answer.items.map(({ id }) => id)).toEqual(['grand', 'plain']);
  });
});
