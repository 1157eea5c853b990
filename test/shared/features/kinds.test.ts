import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../../shared/domain/item.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { Interaction, Visit } from '../../../shared/domain/rank-request.ts';
import type { TouchType, VisitorHistory } from '../../../shared/domain/visitor-history.ts';
import { codesOf, encodeRequest, indexRows } from '../../../shared/features/encode.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { bucketLabel, parseSchema } from '../../../shared/features/schema.ts';

/** One row per behaviour: a feature, what the visitor says, the items, and what each item's bucket means. */
type Row = [
  sentence: string,
  feature: object,
  visit: Partial<Visit>,
  items: Attributes[],
  meanings: string[],
];

const NOW_MS = Date.UTC(2026, 0, 1);
const inDays = (days: number) => ({ date: NOW_MS + days * 86_400_000 });
const columns = [
  { name: 'word', type: 'category' },
  { name: 'set', type: 'set' },
  { name: 'number', type: 'number' },
  { name: 'date', type: 'date' },
  { name: 'place', type: 'path', from: ['continent', 'country'] },
];
const touch = (item: number, type = 'view', secondsAgo = 0): Interaction => ({
  itemId: `i${item}` as ItemId,
  type,
  at: NOW_MS - secondsAgo * 1000,
});

type Did = readonly [item: number, type: TouchType, agoHours: number];
const past = (...did: readonly Did[]): VisitorHistory => ({
  items: did.map(([item, type, agoHours]) => ({ itemId: `i${item}` as ItemId, type, agoHours })),
  searches: [],
});
const asked = (
  ...searches: readonly (readonly [Visit['preferences'], number])[]
): VisitorHistory => ({
  items: [],
  searches: searches.map(([preferences, agoHours]) => ({ preferences, agoHours })),
});
const liked = (about: object) => ({
  kind: 'item-affinity',
  only: ['saved'],
  halfLifeDays: 10,
  edges: [0, 0.6, 1.5],
  ...about,
});
const searched = (about: object) => ({
  kind: 'search-affinity',
  halfLifeDays: 10,
  edges: [0, 0.5],
  ...about,
});

function meaningsOf(feature: object, visit: Partial<Visit>, items: Attributes[]): string[] {
  const schema = parseSchema({
    name: 'one',
    columns,
    features: [
      { name: 'device', kind: 'context', key: 'device', values: ['phone', 'desktop'] },
      { name: 'theme', kind: 'set-overlap', column: 'set', preference: 'set', most: 2 },
      { name: 'feature', ...feature },
    ],
  });
  const table = packItems(
    columns as never,
    items.map((attributes, i) => ({ id: `i${i}` as ItemId, attributes })),
    true,
  );
  const whole = { preferences: {}, context: {}, recent: [], ...visit };
  const encoded = encodeRequest(schema, table, indexRows(table), whole, NOW_MS);
  const codes = codesOf(encoded, [...items.keys()]);
  return items.map((_, i) => bucketLabel(schema, schema.features[2], codes[i * 3 + 2]));
}

const overlap = { kind: 'set-overlap', column: 'set', preference: 'set', most: 2 };
const level = { kind: 'ordinal-distance', column: 'number', preference: 'level', most: 2 };
const size = {
  kind: 'ordinal-distance',
  column: 'word',
  preference: 'level',
  most: 2,
  levels: ['S', 'M', 'L'],
};
const days = { kind: 'range-distance', column: 'number', preference: 'days', within: [0, 4, 7] };
const budget = {
  kind: 'price-to-budget',
  column: 'number',
  preference: 'budget',
  overPercent: [0, 10],
};
const word = { kind: 'category', column: 'word', values: ['open', 'full'] };
const soon = { kind: 'date-soon', column: 'date', days: [7, 30] };
const place = { kind: 'hierarchy', column: 'place', preferences: ['continents', 'countries'] };
const bins = { kind: 'quantile', column: 'number', edges: [10, 20] };
const byNumber = { kind: 'slate-rank', column: 'number', most: 3 };
const recency = { kind: 'recent', measure: 'recency', most: 2 };
const type = { kind: 'recent', measure: 'type', types: ['view', 'save'] };
const count = { kind: 'recent', measure: 'count', edges: [1, 2] };
const age = { kind: 'recent', measure: 'age', edges: [60, 600] };
const kinds = { kind: 'recent', measure: 'kinds', types: ['view', 'save'] };
const distance = { kind: 'recent-distance', most: 2 };
const ratio = (to: string) => ({ kind: 'slate-ratio', column: 'number', to, edges: [0.5, 1] });
const numbers = (...values: (number | null)[]) => values.map((number) => ({ number }));

const rows: Row[] = [
  [
    'constant: always the same',
    { kind: 'constant' },
    {},
    [{}, { word: 'x' }],
    ['always', 'always'],
  ],

  [
    'set-overlap: counts the shared entries up to the most',
    overlap,
    { preferences: { set: ['a', 'b', 'c'] } },
    [
      { set: ['x'] },
      { set: ['a', 'x'] },
      { set: ['a', 'b'] },
      { set: ['a', 'b', 'c'] },
      { set: [] },
      {},
    ],
    [
      'none of the wished',
      '1 of the wished',
      '2 or more of the wished',
      '2 or more of the wished',
      'missing',
      'missing',
    ],
  ],
  [
    'set-overlap: one wished text is a list of one',
    overlap,
    { preferences: { set: 'a' } },
    [{ set: ['a'] }],
    ['1 of the wished'],
  ],
  [
    'set-overlap: an entry said twice counts once',
    overlap,
    { preferences: { set: ['a'] } },
    [{ set: ['a', 'a'] }],
    ['1 of the wished'],
  ],
  [
    'set-overlap: no wish, an empty wish or a number is missing',
    overlap,
    { preferences: { set: [] } },
    [{ set: ['a'] }],
    ['missing'],
  ],
  [
    'set-overlap: reads a category as a set of one',
    { ...overlap, column: 'word' },
    { preferences: { set: ['open'] } },
    [{ word: 'open' }, { word: 'full' }],
    ['1 of the wished', 'none of the wished'],
  ],

  [
    'ordinal-distance: exact, one off, two or more off',
    level,
    { preferences: { level: 3 } },
    numbers(3, 2, 4, 1, 9, null),
    [
      'as wished',
      '1 step off',
      '1 step off',
      '2 or more steps off',
      '2 or more steps off',
      'missing',
    ],
  ],
  [
    'ordinal-distance: a wish in text reads as a number',
    level,
    { preferences: { level: '3' } },
    numbers(3),
    ['as wished'],
  ],
  [
    'ordinal-distance: an empty text or list wishes nothing',
    level,
    { preferences: { level: '' } },
    numbers(0),
    ['missing'],
  ],
  [
    'ordinal-distance: named levels are in their order',
    size,
    { preferences: { level: 'S' } },
    [{ word: 'S' }, { word: 'M' }, { word: 'L' }, { word: 'XL' }],
    ['as wished', '1 step off', '2 or more steps off', 'missing'],
  ],
  [
    'ordinal-distance: an unknown wished level is missing',
    size,
    { preferences: { level: 'XL' } },
    [{ word: 'S' }],
    ['missing'],
  ],

  [
    'range-distance: inside, and by how far outside on either side',
    days,
    { preferences: { days: { min: 7, max: 10 } } },
    numbers(7, 10, 3, 14, 2, 17, 18, null),
    [
      'as wished',
      'as wished',
      'off by up to 4',
      'off by up to 4',
      'off by 4 to 7',
      'off by 4 to 7',
      'off by more than 7',
      'missing',
    ],
  ],
  [
    'range-distance: a number is a range of one',
    days,
    { preferences: { days: 7 } },
    numbers(7, 8),
    ['as wished', 'off by up to 4'],
  ],
  [
    'range-distance: an open end is never exceeded',
    days,
    { preferences: { days: { min: 7 } } },
    numbers(999, 6),
    ['as wished', 'off by up to 4'],
  ],
  [
    'range-distance: a range without ends wishes nothing',
    days,
    { preferences: { days: {} } },
    numbers(7),
    ['missing'],
  ],

  [
    'price-to-budget: within, up to 10 % over, beyond',
    budget,
    { preferences: { budget: 1000 } },
    numbers(1000, 1100, 1100.01, null),
    ['within budget', 'over by up to 10 %', 'over by more than 10 %', 'missing'],
  ],
  [
    'price-to-budget: the budget of a range is its max',
    budget,
    { preferences: { budget: { min: 1, max: 500 } } },
    numbers(500, 501),
    ['within budget', 'over by up to 10 %'],
  ],
  [
    'price-to-budget: a budget of nothing is missing',
    budget,
    { preferences: { budget: 0 } },
    numbers(1),
    ['missing'],
  ],

  [
    'category: the listed values, any other, none',
    word,
    {},
    [{ word: 'open' }, { word: 'full' }, { word: 'new' }, { word: '' }, {}],
    ['open', 'full', 'another', 'missing', 'missing'],
  ],
  [
    'date-soon: edges belong to the nearer bucket',
    soon,
    {},
    [inDays(0), inDays(7), inDays(7.01), inDays(30), inDays(31), inDays(-0.01), {}],
    [
      'within 7 days',
      'within 7 days',
      'in 7 to 30 days',
      'in 7 to 30 days',
      'in more than 30 days',
      'missing',
      'missing',
    ],
  ],

  [
    'hierarchy: the deepest level that is wished',
    place,
    { preferences: { continents: ['Asia'], countries: ['Nepal'] } },
    [
      { continent: 'Asia', country: 'Nepal' },
      { continent: 'Asia', country: 'Japan' },
      { continent: 'Europe', country: 'Italy' },
      { continent: 'Asia' },
      { country: 'Nepal' },
      {},
    ],
    [
      'among the wished countries',
      'among the wished continents',
      'elsewhere',
      'among the wished continents',
      'among the wished countries',
      'missing',
    ],
  ],
  [
    'hierarchy: an unknown level matches no wish, not even an empty one',
    place,
    { preferences: { continents: ['', 'Asia'] } },
    [{ country: 'Nepal' }],
    ['elsewhere'],
  ],
  [
    'hierarchy: no wish on any level is missing',
    place,
    {},
    [{ continent: 'Asia', country: 'Nepal' }],
    ['missing'],
  ],

  [
    'quantile: an edge belongs to the bin below',
    bins,
    {},
    numbers(-5, 10, 10.5, 20, 21, null),
    ['up to 10', 'up to 10', '10 to 20', '10 to 20', 'over 20', 'missing'],
  ],
  [
    'context: the listed values and any other',
    { kind: 'context', key: 'os', values: ['linux'] },
    { context: { os: 'linux' } },
    [{}],
    ['linux'],
  ],
  [
    'context: a value that is not listed',
    { kind: 'context', key: 'os', values: ['linux'] },
    { context: { os: 'plan9' } },
    [{}],
    ['another'],
  ],
  [
    'context: a number falls in a bin',
    { kind: 'context', key: 'hour', edges: [6, 18] },
    { context: { hour: 7 } },
    [{}],
    ['6 to 18'],
  ],
  [
    'context: a text that is no number is missing',
    { kind: 'context', key: 'hour', edges: [6, 18] },
    { context: { hour: '' } },
    [{}],
    ['missing'],
  ],
  [
    'context: what the request does not say is missing',
    { kind: 'context', key: 'os', values: ['linux'] },
    {},
    [{}],
    ['missing'],
  ],

  [
    'slate-rank: by number, equal values share the better rank',
    byNumber,
    {},
    numbers(30, 10, 10, 20, null),
    [
      ...['3rd or later', '1st', '1st', '3rd or later'].map(
        (at) => `${at} by number, lowest first`,
      ),
      'missing',
    ],
  ],
  [
    'slate-rank: descending turns the order',
    { ...byNumber, order: 'descending' },
    {},
    numbers(30, 10, 20),
    ['1st', '3rd or later', '2nd'].map((at) => `${at} by number, highest first`),
  ],
  [
    'slate-rank: by the order given without a column',
    { kind: 'slate-rank', most: 2 },
    {},
    [{}, {}, {}],
    ['1st', '2nd or later', '2nd or later'].map((at) => `${at} in the order given`),
  ],
  [
    'slate-rank: among the untouched, a touched item is missing',
    { kind: 'slate-rank', most: 3, among: 'untouched' },
    { recent: [touch(0)] },
    [{}, {}, {}],
    ['missing', ...['1st', '2nd'].map((at) => `${at} in the order given, of the untouched`)],
  ],
  [
    'slate-rank: among those above, later rivals do not count',
    { ...byNumber, among: 'above' },
    {},
    numbers(30, 40, 20, 35),
    ['1st', '2nd', '1st', '3rd or later'].map(
      (at) => `${at} by number, lowest first, of those above`,
    ),
  ],

  [
    'slate-ratio: to the median of the slate',
    ratio('median'),
    {},
    numbers(50, 100, 101, null),
    [
      'up to 0.5 times the median number',
      '0.5 to 1 times the median number',
      'over 1 times the median number',
      'missing',
    ],
  ],
  [
    'slate-ratio: to the item touched last',
    ratio('last-touched'),
    { recent: [touch(0), touch(1)] },
    numbers(50, 100, 200),
    [
      'up to 0.5 times the number of the one touched last',
      '0.5 to 1 times the number of the one touched last',
      'over 1 times the number of the one touched last',
    ],
  ],
  [
    'slate-ratio: to the lowest above; the first has none',
    ratio('lowest-above'),
    {},
    numbers(100, 120, 50, 50),
    [
      'missing',
      'over 1 times the lowest number above',
      'up to 0.5 times the lowest number above',
      '0.5 to 1 times the lowest number above',
    ],
  ],

  [
    'recent: the item touched last, longer ago, untouched',
    recency,
    { recent: [touch(0), touch(1), touch(0), touch(2)] },
    [{}, {}, {}, {}],
    ['1 or more touched since', '1 or more touched since', 'touched last', 'untouched'],
  ],
  ['recent: an empty session is missing, not untouched', recency, {}, [{}], ['missing']],
  [
    'recent: only counts the types it names',
    { ...recency, only: ['save'] },
    { recent: [touch(0, 'save'), touch(1)] },
    [{}, {}],
    ['touched last', 'untouched'],
  ],
  [
    'recent: the type of the latest touch',
    type,
    { recent: [touch(0, 'save'), touch(0), touch(1, 'call')] },
    [{}, {}, {}],
    ['view', 'another touch', 'untouched'],
  ],
  [
    'recent: the kinds of all touches',
    kinds,
    { recent: [touch(0, 'save'), touch(0), touch(1, 'call')] },
    [{}, {}, {}],
    ['view + save', 'another touch', 'untouched'],
  ],
  [
    'recent: how many touches',
    count,
    { recent: [touch(0), touch(1), touch(1), touch(2), touch(2), touch(2)] },
    [{}, {}, {}],
    ['touched once', 'touched 2 times', 'touched 3 or more times'],
  ],
  [
    'recent: how long ago',
    age,
    { recent: [touch(0, 'view', 61), touch(1, 'view', 60), touch(2, 'view', -5)] },
    [{}, {}, {}],
    ['touched 60 to 600 s ago', 'touched up to 60 s ago', 'touched up to 60 s ago'],
  ],

  [
    'recent-distance: places below and above the item touched last',
    distance,
    { recent: [touch(2)] },
    [{}, {}, {}, {}, {}, {}],
    [
      '2 or more above the item touched last',
      '1 above the item touched last',
      'the item touched last',
      '1 below the item touched last',
      '2 or more below the item touched last',
      '2 or more below the item touched last',
    ],
  ],
  [
    'recent-distance: an item outside of the list is passed over',
    distance,
    { recent: [touch(0), touch(77)] },
    [{}, {}],
    ['the item touched last', '1 below the item touched last'],
  ],
  [
    'recent-distance: missing when nothing in the list was touched',
    distance,
    { recent: [touch(77)] },
    [{}],
    ['missing'],
  ],

  [
    'category: of a path, its value at a level; an unknown level is missing',
    { kind: 'category', column: 'place', level: 1, values: ['Nepal'] },
    {},
    [{ continent: 'Asia', country: 'Nepal' }, { country: 'Peru' }, { continent: 'Asia' }, {}],
    ['Nepal', 'another', 'missing', 'missing'],
  ],

  [
    'date-month: the month of the date, UTC',
    { kind: 'date-month', column: 'date' },
    {},
    [inDays(0), inDays(-1), inDays(31), {}],
    ['January', 'December', 'February', 'missing'],
  ],

  [
    'request-time: the hour where the visitor is',
    { kind: 'request-time', part: 'hour' },
    { context: { utcOffsetMinutes: -60 } },
    [{}],
    ['23:00 to 23:59'],
  ],
  [
    'request-time: the month is that of the local day',
    { kind: 'request-time', part: 'month' },
    { context: { utcOffsetMinutes: -60 } },
    [{}],
    ['December'],
  ],
  [
    'request-time: the zone of the site counts where the request states none, or one that is none',
    { kind: 'request-time', part: 'weekday', utcOffsetMinutes: -60 },
    { context: { utcOffsetMinutes: 'CET' } },
    [{}],
    ['Wednesday'],
  ],
  [
    'request-time: UTC where nobody states a zone, in bins',
    { kind: 'request-time', part: 'weekday', edges: [5] },
    {},
    [{}],
    ['Monday to Friday'],
  ],

  [
    'item-affinity: what was done with this very item, less by age',
    { kind: 'item-affinity', only: ['seen'], halfLifeDays: 1, edges: [0, 0.6, 1.2] },
    { history: past([0, 'seen', 24], [1, 'seen', 0], [1, 'seen', 24], [2, 'saved', 0]) },
    [{}, {}, {}],
    [
      'seen up to 0.6 times, old ones counted less',
      'seen over 1.2 times, old ones counted less',
      'not seen before',
    ],
  ],
  [
    'item-affinity: of how many items that were saved this one shares the category',
    liked({ column: 'word' }),
    { history: past([0, 'saved', 0], [1, 'saved', 0], [2, 'saved', 240], [3, 'seen', 0]) },
    [{ word: 'a' }, { word: 'a' }, { word: 'b' }, { word: 'c' }, {}],
    [
      'shares its word with over 1.5 items saved before, old ones counted less',
      'shares its word with over 1.5 items saved before, old ones counted less',
      'shares its word with up to 0.6 items saved before, old ones counted less',
      'shares its word with no item saved before',
      'missing',
    ],
  ],
  [
    'item-affinity: of a set, the share of the entries that the saved item has',
    liked({ column: 'set' }),
    { history: past([0, 'saved', 0]) },
    [{ set: ['a', 'b'] }, { set: ['b', 'c'] }, { set: ['c'] }, { set: [] }],
    [
      'shares its set with 0.6 to 1.5 items saved before, old ones counted less',
      'shares its set with up to 0.6 items saved before, old ones counted less',
      'shares its set with no item saved before',
      'missing',
    ],
  ],
  [
    'item-affinity: of a number, by levels',
    liked({ column: 'number', levelEdges: [10, 20] }),
    { history: past([0, 'saved', 0]) },
    numbers(10, 3, 11, 21, null),
    [
      'shares its number level with 0.6 to 1.5 items saved before, old ones counted less',
      'shares its number level with 0.6 to 1.5 items saved before, old ones counted less',
      'shares its number level with no item saved before',
      'shares its number level with no item saved before',
      'missing',
    ],
  ],
  [
    'item-affinity: of a path, at its level',
    liked({ column: 'place', level: 0 }),
    { history: past([0, 'saved', 0]) },
    [
      { continent: 'Asia', country: 'Nepal' },
      { continent: 'Asia', country: 'Japan' },
      { continent: 'Europe' },
      { country: 'Nepal' },
    ],
    [
      'shares its continent with 0.6 to 1.5 items saved before, old ones counted less',
      'shares its continent with 0.6 to 1.5 items saved before, old ones counted less',
      'shares its continent with no item saved before',
      'missing',
    ],
  ],
  [
    'item-affinity: missing without a history, and where nothing is known of its items',
    liked({ column: 'word' }),
    { history: past([77, 'saved', 0], [0, 'seen', 0]) },
    [{ word: 'a' }],
    ['missing'],
  ],
  ['item-affinity: missing for who did nothing before', liked({}), {}, [{}], ['missing']],

  [
    'search-affinity: the share of past searches that wished one of the entries, less by age',
    searched({ column: 'set', preference: 'set' }),
    { history: asked([{ set: ['a', 'b'] }, 240], [{ set: ['c'] }, 0], [{ level: 3 }, 0]) },
    [{ set: ['a', 'b'] }, { set: ['c'] }, { set: ['a', 'c'] }, { set: ['d'] }, {}],
    [
      'near up to 50 % of the past searches by set',
      'near over 50 % of the past searches by set',
      'near over 50 % of the past searches by set',
      'near none of the past searches by set',
      'missing',
    ],
  ],
  [
    'search-affinity: a number within the tolerance of a wished range or number',
    searched({ column: 'number', preference: 'days', tolerance: 2 }),
    { history: asked([{ days: { min: 7, max: 9 } }, 240], [{ days: 20 }, 0]) },
    numbers(5, 11, 12, 18, 23),
    [
      'near up to 50 % of the past searches by days',
      'near up to 50 % of the past searches by days',
      'near none of the past searches by days',
      'near over 50 % of the past searches by days',
      'near none of the past searches by days',
    ],
  ],
  [
    'search-affinity: levels within so many steps',
    searched({ column: 'word', preference: 'level', levels: ['S', 'M', 'L'], tolerance: 1 }),
    { history: asked([{ level: 'S' }, 0]) },
    [{ word: 'S' }, { word: 'M' }, { word: 'L' }, { word: 'XXL' }],
    [
      'near over 50 % of the past searches by level',
      'near over 50 % of the past searches by level',
      'near none of the past searches by level',
      'missing',
    ],
  ],
  [
    'search-affinity: missing where no search stated the preference',
    searched({ column: 'word', preference: 'word' }),
    { history: asked([{ level: 'S' }, 0]) },
    [{ word: 'S' }],
    ['missing'],
  ],

  [
    'cross: both parts, by their names and what they mean',
    { kind: 'cross', of: ['theme', 'device'] },
    { preferences: { set: ['a'] }, context: { device: 'desktop' } },
    [{ set: ['a'] }, { set: ['b'] }],
    ['theme 1 of the wished × device desktop', 'theme none of the wished × device desktop'],
  ],
  [
    'cross: missing where either part is',
    { kind: 'cross', of: ['theme', 'device'] },
    { context: { device: 'phone' } },
    [{ set: ['a'] }],
    ['missing'],
  ],
];

describe('bucket kinds', () => {
  it.each(rows)('%s', (_, feature, visit, items, meanings) => {
    expect(meaningsOf(feature, visit, items)).toEqual(meanings);
  });
});

describe('items that do not compete', () => {
  const schema = parseSchema({
    name: 'one',
    columns,
    features: [
      { name: 'liked', ...liked({ column: 'word' }) },
      { name: 'own', ...liked({}) },
    ],
  });
  const pack = (words: readonly string[], first: number) => {
    const table = packItems(
      schema.columns,
      words.map((text, i) => ({ id: `i${first + i}` as ItemId, attributes: { word: text } })),
    );
    return { table, rows: indexRows(table) };
  };
  const two = pack(['a', 'b'], 0);
  const visit = { preferences: {}, context: {}, recent: [], history: past([5, 'saved', 0]) };
  const codes = (catalogue?: ReturnType<typeof pack>) => [
    ...codesOf(encodeRequest(schema, two.table, two.rows, visit, NOW_MS, catalogue), [0, 1]),
  ];

  it('are looked up in the catalogue', () => {
    expect(codes(pack(['x', 'b'], 4))).toEqual([1, 1, 3, 1]);
  });

  it('tell nothing where no catalogue knows them', () => {
    expect(codes()).toEqual([0, 1, 0, 1]);
    expect(codes(pack(['x'], 4))).toEqual([0, 1, 0, 1]);
  });
});

describe('where row order means nothing', () => {
  it.each([
    [{ kind: 'slate-rank', most: 3 }],
    [distance],
    [{ ...byNumber, among: 'above' }],
    [ratio('lowest-above')],
  ])('%j is missing', (feature) => {
    const schema = parseSchema({ name: 'one', columns, features: [{ name: 'f', ...feature }] });
    const items = [1, 2].map((number) => ({ id: `i${number}` as ItemId, attributes: { number } }));
    const table = packItems(schema.columns, items);
    const visit = { preferences: {}, context: {}, recent: [touch(1)] };
    const encoded = encodeRequest(schema, table, indexRows(table), visit, NOW_MS);
    expect([...codesOf(encoded, [0, 1])]).toEqual([0, 0]);
  });
});
