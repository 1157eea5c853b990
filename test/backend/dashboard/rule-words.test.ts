import { expect, test } from 'vitest';
// Of the browser: it has a project of its own.
const { filterWords, ruleWords } = await import(
  new URL('../../../backend/dashboard/browser/pages/rule-words.ts', import.meta.url).href
);

test.each([
  [{ column: 'country', in: ['PT'] }, 'country PT'],
  [{ not: { column: 'country', in: ['PT', 'ES'] } }, 'not (country PT or ES)'],
  [{ not: { column: 'themes', allOf: ['food', 'city'] } }, 'not (themes food and city)'],
  [
    {
      all: [
        { column: 'price', to: 800 },
        {
          any: [
            { column: 'themes', allOf: ['sea'] },
            { column: 'price', from: 1, to: 2 },
          ],
        },
      ],
    },
    'price up to 800 and (themes sea or price 1 to 2)',
  ],
  [{ not: { not: { column: 'price', known: false } } }, 'not not price missing'],
  [{ columns: ['lat', 'lon'], within: { lat: 1, lon: 2, km: 3 } }, 'within 3 km of 1, 2'],
])('%j is said as "%s"', (filter, text) => {
  expect(filterWords(filter)).toBe(text);
});

test('rules are said a line each', () => {
  const where = { column: 'country', in: ['PT'] };
  expect(
    ruleWords({
      caps: [
        { column: 'country', most: 3 },
        { column: 'series', most: 1, collapse: true },
      ],
      quotas: [{ where, least: 2, within: 10 }],
      pins: [{ id: 'trip-1', position: 3 }],
      boosts: [
        { points: 5, where },
        { points: -5, ids: ['trip-2', 'trip-3'] },
      ],
    }),
  ).toEqual([
    'at most 3 of each country on a page',
    'only the best one of each series compete',
    'at least 2 among the first 10 with country PT',
    'trip-1 at position 3',
    '+5 points for country PT',
    '−5 points for trip-2, trip-3',
  ]);
});
