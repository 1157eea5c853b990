import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { coldIsolate, SECRET } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

beforeAll(async () => {
  await publishItems(makeTrips(100, 3));
  await publishScorer('v000001');
});

afterEach(() => vi.restoreAllMocks());

const warningsOf = async (fields: object, ask = {}) => {
  vi.spyOn(console, 'warn').mockReturnValue();
  const answer = await rank(coldIsolate(), { explain: true, ...fields }, ask);
  expect(answer.status).toBe(200);
  return (answer as { warnings?: readonly string[] }).warnings;
};

it.each<[string, object, RegExp]>([
  [
    'a name that no feature reads',
    { company: 'alone' },
    /^preferences.company has no effect: schema smarttrip reads themes,/,
  ],
  ['a name that is nearly one', { theme: ['beach'] }, /did you mean "themes"\?/],
  [
    'a value of another case',
    { themes: ['beach', 'Hiking'] },
    /no item that is ranked has "Hiking": did you mean "hiking"\?/,
  ],
  ['a value that nobody has', { themes: ['opera'] }, /no item that is ranked has "opera"$/],
  [
    'a region that nobody has',
    { countries: ['Atlantis'] },
    /preferences.countries: no item that is ranked has "Atlantis"/,
  ],
  [
    'a continent in the place of a country',
    { continents: ['JP'] },
    /preferences.continents: no item/,
  ],
  [
    'a list where a number is due',
    { difficulty: ['hard'] },
    /difficulty has no effect: it must be a number/,
  ],
  [
    'a text where a range is due',
    { durationDays: 'a week' },
    /durationDays has no effect: it must be a number or/,
  ],
  [
    'a number where a list is due',
    { themes: 5 },
    /themes has no effect: it must be a text or a list of texts/,
  ],
  ['a budget of nothing', { budget: 0 }, /budget has no effect: it must be a number above 0/],
  ['a budget without its end', { budget: { min: 5 } }, /budget has no effect/],
])('says that %s has no effect', async (_, preferences, message) => {
  expect(await warningsOf({ preferences })).toEqual([expect.stringMatching(message)]);
});

it('says it of fields that a request does not have', async () => {
  expect(await warningsOf({ page: 2 })).toEqual([expect.stringMatching(/the field "page"/)]);
});

it('goes by the candidates where there are some', async () => {
  const candidates = [{ id: 'a', themes: ['opera'] }];
  expect(await warningsOf({ candidates, preferences: { themes: ['opera'] } })).toBeUndefined();
  expect(await warningsOf({ candidates, preferences: { themes: ['beach'] } })).toHaveLength(1);
});

it('says which candidates nothing is known of', async () => {
  const known = makeTrips(100, 3)[0].id;
  expect(await warningsOf({ candidates: [known, { id: 'b', themes: ['beach'] }] })).toBeUndefined();
  expect(await warningsOf({ candidates: [known, 'nope-1', { id: 'nope-2' }] })).toEqual([
    'candidates: nothing is known of nope-1, nope-2: they are not in the catalogue, and have no attributes here',
  ]);
});

it('says that candidates were meant for another schema', async () => {
  const candidates = [
    { id: 'a', colour: 'red' },
    { id: 'b', size: 5 },
  ];
  expect(await warningsOf({ candidates })).toEqual([
    expect.stringMatching(
      /^candidates: schema smarttrip knows none of their attributes \(colour, size\): it has themes,/,
    ),
  ]);
});

it('is silent where all is understood, and with a publishable key unless asked to explain', async () => {
  const understood = {
    themes: ['beach'],
    countries: ['JP'],
    budget: { max: 900 },
    durationDays: { min: 3 },
    difficulty: 2,
  };
  expect(await warningsOf({ preferences: understood })).toBeUndefined();
  const unknown = { preferences: { company: 'alone' }, explain: false };
  expect(await warningsOf(unknown)).toBeUndefined();
  expect(await warningsOf(unknown, { key: SECRET })).toHaveLength(1);
});

it('counts rankings that were not understood, and logs each name once', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const isolate = coldIsolate();
  for (let i = 0; i < 3; i++) await rank(isolate, { preferences: { tripType: 'city', color: 1 } });
  await rank(isolate, { page: 1, preferences: { themes: ['beach'] } });
  const version = await (await isolate.fetch('/v1/version', { key: SECRET })).json<object>();
  expect(version).toMatchObject({ notUnderstood: { fields: 1, preferences: 3 } });
  const logged = warn.mock.calls.flat().map((text) => /"(\w+)\\?"/.exec(String(text))?.[1]);
  expect(logged).toEqual(['tripType', 'color', 'page']);
});
