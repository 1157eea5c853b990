import { describe, expect, it, test } from 'vitest';
import { parseRankRequest, type RankRequest } from '../../../shared/domain/rank-request.ts';
import { historyRead } from '../../../shared/features/history-read.ts';
import { parseSchema } from '../../../shared/features/schema.ts';

const asked = { sessionId: 's', consent: 'personalise' };
const saved = { itemId: 't1', type: 'saved', agoHours: 5 };
const search = { preferences: { themes: ['food'] }, agoHours: 1 };
const parse = (recent: unknown, about: object = {}): RankRequest =>
  parseRankRequest({ ...asked, recent, ...about });
const items = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ ...saved, itemId: `t${n}`, agoHours: n % 40 }));

describe('a history', () => {
  it('is read with the consent to personalise', () => {
    const { recent, history } = parse({ items: [saved], searches: [search] });
    expect(recent).toEqual([]);
    expect(history).toEqual({ items: [saved], searches: [search] });
  });

  it.each(['measure', 'none', undefined])('is not even read with the consent %s', (consent) => {
    const request = parse({ items: 'whatever', searches: [search] }, { consent });
    expect(request.recent).toEqual([]);
    expect(request).not.toHaveProperty('history');
  });

  it('is absent where it says nothing, and where the list of this session is sent', () => {
    const touch = { itemId: 't1', type: 'view', at: Date.UTC(2026, 0, 1) };
    expect(parse({})).not.toHaveProperty('history');
    expect(parse({ items: [], searches: [] })).not.toHaveProperty('history');
    expect(parse([touch])).not.toHaveProperty('history');
    expect(parse([touch]).recent).toEqual([touch]);
  });

  it('is in order, the oldest first, by ages that are whole hours and, from two days on, whole days', () => {
    const ages = [3.9, 47.99, 48, 71.9, 72, 0.2];
    const sent = ages.map((agoHours, n) => ({ ...saved, itemId: `t${n}`, agoHours }));
    const { history } = parse({ items: sent });
    expect(history!.items.map(({ itemId, agoHours }) => [itemId, agoHours])).toEqual([
      ['t4', 72],
      ['t2', 48],
      ['t3', 48],
      ['t1', 47],
      ['t0', 3],
      ['t5', 0],
    ]);
  });

  it('is the same once more when what was read of it is read again', () => {
    const searches = items(30).map(({ agoHours }) => ({ ...search, agoHours: agoHours * 31.7 }));
    const { history } = parse({ items: items(200), searches });
    expect(parse(JSON.parse(JSON.stringify(history))).history).toEqual(history);
  });

  it('holds the latest 60 items and 10 searches, of no more than 400 days, and 32 wishes under one name', () => {
    const themes = Array.from({ length: 200 }, (_, n) => `theme-${n}`);
    const searches = Array.from({ length: 30 }, (_, agoHours) => ({
      preferences: { themes },
      agoHours,
    }));
    const { history } = parse({ items: items(300), searches });
    expect(history!.items).toHaveLength(60);
    expect(Math.max(...history!.items.map(({ agoHours }) => agoHours))).toBe(7);
    expect(history!.searches.map(({ agoHours }) => agoHours)).toEqual([
      9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    ]);
    expect(history!.searches[0].preferences.themes).toHaveLength(32);
    expect(parse({ items: [{ ...saved, agoHours: 9625 }] })).not.toHaveProperty('history');
  });
});

test.each<[sentence: string, recent: unknown, message: RegExp | string]>([
  [
    'neither form',
    5,
    'recent must be a list of {itemId, type, at} or {items, searches}, but was 5',
  ],
  [
    'a field that is nearly one',
    { item: [saved] },
    'there is no field "item": did you mean "items"?',
  ],
  ['items that are no list', { items: saved }, 'recent.items must be a list of at most 500'],
  ['too many items', { items: items(501) }, 'recent.items must be a list of at most 500'],
  ['an entry that is none', { items: [null] }, 'recent.items[0] must be {itemId, type, agoHours}'],
  [
    'a type of another word',
    { items: [saved, { ...saved, type: 'bought' }] },
    'recent.items[1].type must be one of seen, saved, booked, skipped, but was "bought"',
  ],
  ['an id that is none', { items: [{ ...saved, itemId: 'a b' }] }, 'item id must be 1 to 128'],
  ['a time to come', { items: [{ ...saved, agoHours: -1 }] }, 'recent.items[0].agoHours must be'],
  ['no time', { searches: [{ preferences: {} }] }, 'recent.searches[0].agoHours must be how many'],
  [
    'a wish of no form',
    { searches: [{ ...search, preferences: { themes: true } }] },
    'recent.searches[0].preferences.themes must be text, a finite number',
  ],
])('%s is refused', (_, recent, message) => {
  expect(() => parse(recent)).toThrow(message);
});

describe('what is logged of a history', () => {
  const history = {
    items: [saved, { ...saved, type: 'seen' as const }],
    searches: [{ preferences: { themes: ['food'], company: 'alone' }, agoHours: 1 }],
  };
  const read = (...features: object[]) =>
    historyRead(
      parseSchema({
        name: 'one',
        columns: [{ name: 'themes', type: 'set' }],
        features: [{ name: 'base', kind: 'constant' }, ...features],
      }),
      parse(history).history!,
    );

  it('is what features read', () => {
    const liked = {
      name: 'liked',
      kind: 'item-affinity',
      only: ['saved'],
      halfLifeDays: 9,
      edges: [0],
    };
    const near = {
      name: 'near',
      kind: 'search-affinity',
      column: 'themes',
      preference: 'themes',
      halfLifeDays: 9,
      edges: [0],
    };
    expect(read(liked)).toEqual({ items: [saved], searches: [] });
    expect(read(near)).toEqual({ items: [], searches: [search] });
  });

  it('is nothing where no feature reads any of it', () => {
    expect(read()).toBeUndefined();
  });
});
