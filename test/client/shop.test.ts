import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SERVED_FILE, servedModule } from '../../edge/shop/build/served.ts';
import { crowd, type Endpoints } from '../../edge/shop/page/crowd/crowd.ts';
import { EMPTY_STORY, toldOn, type Story } from '../../edge/shop/page/crowd/story.ts';
import { historyPoints, reasonWords } from '../../edge/shop/page/reasons.ts';
import { queryOf, EMPTY } from '../../edge/shop/page/search.ts';
import { DE } from '../../edge/shop/page/words/de.ts';
import { EN } from '../../edge/shop/page/words/en.ts';
import { speech } from '../../edge/shop/page/words/language.ts';

test('what the Worker serves is what the sources come to: run "npm run shop" after a change', async () => {
  // Both are too long to be shown side by side.
  expect((await readFile(SERVED_FILE, 'utf8')) === (await servedModule())).toBe(true);
});

test('both languages have a word for the same themes and continents', () => {
  for (const list of ['theme', 'titles', 'continent', 'status'] as const)
    expect(Object.keys(DE[list])).toEqual(Object.keys(EN[list]));
});

test('a reason is said in the language that the ranking was asked for in, and points that show as 0 without a sign', () => {
  const reason = { feature: 'place', because: 'elsewhere', points: 1 };
  expect(reasonWords(reason)).toEqual({ feature: 'place', because: 'elsewhere' });
  const text = { feature: 'Ort', because: 'anderswo' };
  expect(reasonWords({ ...reason, text })).toBe(text);
  const en = speech('en', 'EUR');
  expect([0.04, -0.04, 0.06, -0.06].map(en.points)).toEqual(['0', '0', '+0.1', '-0.1']);
});

test('an empty search asks for the whole catalogue, and each field for its column', () => {
  expect(queryOf(EMPTY)).toEqual({ preferences: {} });
  const { filters } = queryOf({ ...EMPTY, days: [15, undefined], country: 'PT', to: '2027-05-01' });
  expect(filters).toEqual({
    all: [
      { column: 'durationDays', from: 15 },
      { column: 'country', in: ['PT'] },
      { column: 'departure', to: '2027-05-01' },
    ],
  });
});

test('points for history are those beyond what all get that are unlike what was looked at', () => {
  const reason = (feature: string, because: string, points: number) => ({
    feature,
    because,
    points,
  });
  const themes = (count: string, points: number) =>
    reason('seen-themes', `shares its themes with ${count} seen before`, points);
  const notSeen = reason('seen-before', 'not seen or saved before', -2.66);
  const base = reason('base', 'always', 12);
  expect(
    historyPoints([
      { reasons: [base, themes('up to 0.8 items', 3), notSeen] },
      { reasons: [base, themes('no item', -1), notSeen] },
      { reasons: [base, notSeen] },
      { reasons: [reason('seen-before', 'seen or saved up to 1 times', 2)] },
      {},
    ]),
  ).toEqual([4, 0, 1, expect.closeTo(5.66), expect.closeTo(3.66)]);
  // Nothing here is unlike it: what all have counts in full.
  expect(historyPoints([{ reasons: [themes('up to 0.8 items', 3)] }])).toEqual([3]);
  expect(historyPoints([])).toEqual([]);
});

/** What is told after rankings that came in rounds of 40: each version by a pattern, over so many rankings. */
function told(...parts: readonly (readonly [versions: readonly string[], rankings: number])[]) {
  let story: Story = EMPTY_STORY;
  for (const [versions, rankings] of parts)
    for (let at = 0; at < rankings; at += 40)
      story = toldOn(
        story,
        Array.from({ length: 40 }, (_, i) => {
          const by = versions[(at + i) % versions.length];
          return { by, version: by === 'rules' ? 'v000000' : by, clicked: false };
        }),
      );
  return story.chapters.map(({ kind, version }) => `${kind} ${version}`);
}
const oneIn = (every: number, version: string, other: string) =>
  Array.from({ length: every }, (_, i) => (i === 0 ? version : other));

test('a rollout is told from the rules to the champion, and one that is taken back as such', () => {
  const [start, learned] = ['rules v000000', 'learning v000000'];
  const [rules, learning]: (readonly [string[], number])[] = [
    [['rules'], 400],
    [['v000000'], 400],
  ];
  const canary = oneIn(20, 'v000001', 'v000000');
  const half = ['v000001', 'v000000'];
  expect(told()).toEqual([]);
  expect(told(rules, learning)).toEqual([start, learned]);
  const all = [start, learned, 'canary v000001', 'champion v000001'];
  expect(told(rules, learning, [canary, 4000], [half, 800], [['v000001'], 400])).toEqual(all);
  // A champion stays one, however long it ranks, and the next version begins anew.
  expect(told(rules, learning, [half, 800], [['v000001'], 8000])).toEqual(all);
  expect(
    told(rules, learning, [half, 800], [['v000001'], 2000], [['v000001', 'v000002'], 400]),
  ).toEqual([...all, 'canary v000002']);
  // A canary of 1 % is one, also where the latest rankings have none of it.
  expect(told(rules, [oneIn(400, 'v000001', 'v000000'), 4000])).toEqual([start, 'canary v000001']);
  const withdrawn = [start, learned, 'canary v000001', 'withdrawn v000001'];
  expect(told(rules, learning, [canary, 800], [['v000000'], 8000])).toEqual(withdrawn);
  expect(told(rules, learning, [half, 800], [['v000001'], 400], [['v000000'], 4000])).toEqual([
    ...all,
    'withdrawn v000001',
  ]);
  // A page that is opened later knows no more than what it sees.
  expect(told([['v000007'], 400])).toEqual(['learning v000007']);
});

test('both languages tell every chapter of it', () => {
  for (const kind of ['rules', 'learning', 'canary', 'champion', 'withdrawn'] as const)
    for (const { chapter } of [DE, EN]) expect(chapter[kind]('v000001', '5 %')).not.toBe('');
});

const TOO_MUCH = { status: 429, body: { code: 'too_many_requests' }, retryAfterS: 60 };
const endpoints = (post: Endpoints['post']): Endpoints => ({
  post,
  tripsOf: async () => new Map([['a', { id: 'a', themes: ['food'] }]]),
});
const ranked = (weights: string, feature: string) => ({
  status: 200,
  body: {
    rankingId: 'r',
    token: 't',
    weights,
    items: [{ id: 'a', reasons: [{ feature, because: 'always', points: 1 }] }],
  },
});

test('visitors come again when the edge says, and have met nothing where they were refused', async () => {
  const met: unknown[] = [];
  const all = crowd(
    endpoints(async () => TOO_MUCH),
    'seed',
    (one) => met.push(one),
  );
  expect(await all.round()).toBe(60);
  const partly = crowd(
    endpoints(async () => ({
      status: 200,
      body: { answers: [ranked('v000001', 'base'), { status: 429, body: {}, retryAfter: 30 }] },
    })),
    'seed',
    (one) => met.push(...one),
  );
  expect(await partly.round()).toBeGreaterThanOrEqual(30);
  expect(met).toMatchObject([{ version: 'v000001', by: 'v000001' }]);
});

test.each([
  ['v000000', 'status', 'rules'],
  ['v000000', 'seen-themes', 'v000000'],
  ['v000002', 'status', 'v000002'],
])('%s with points for %s counts as %s', async (version, feature, by) => {
  const met: unknown[] = [];
  const post: Endpoints['post'] = async (path) =>
    path === '/v1/events'
      ? { status: 202, body: {} }
      : { status: 200, body: { answers: [ranked(version, feature)] } };
  expect(await crowd(endpoints(post), 'seed', (one) => met.push(...one)).round()).toBe(0);
  expect(met).toMatchObject([{ version, by }]);
});

test('that one visitor is ranked for without what was learned, to measure what that brings, does not make it the rules', async () => {
  const met: unknown[] = [];
  const answers = [ranked('v000000', 'status'), ranked('v000000', 'seen-themes')];
  const post: Endpoints['post'] = async (path) =>
    path === '/v1/events' ? { status: 202, body: {} } : { status: 200, body: { answers } };
  await crowd(endpoints(post), 'seed', (one) => met.push(...one)).round();
  expect(met).toMatchObject([{ by: 'v000000' }, { by: 'v000000' }]);
});

test('a version that is tried on one visitor does not make the rules of the others learned', async () => {
  const met: unknown[] = [];
  let answers = [ranked('v000001', 'seen-themes'), ranked('v000000', 'status')];
  const post: Endpoints['post'] = async (path) =>
    path === '/v1/events' ? { status: 202, body: {} } : { status: 200, body: { answers } };
  const all = crowd(endpoints(post), 'seed', (one) => met.push(...one));
  await all.round();
  expect(met).toMatchObject([{ by: 'v000001' }, { by: 'rules' }]);
  // All that are explained have the new version: the others are ranked as before.
  answers = [...Array.from({ length: 4 }, () => ranked('v000001', 'status')), answers[1]];
  await all.round();
  expect(met.at(-1)).toMatchObject({ by: 'rules' });
});

test('visitors who cannot see the trips click nothing and count for nothing', async () => {
  const met: unknown[] = [];
  const paths: string[] = [];
  const post: Endpoints['post'] = async (path) => {
    paths.push(path);
    return { status: 200, body: { answers: [ranked('v000001', 'base')] } };
  };
  const blind = { post, tripsOf: async () => new Map() };
  expect(await crowd(blind, 'seed', (one) => met.push(...one)).round()).toBeGreaterThan(0);
  expect([met, paths]).toEqual([[], ['/v1/rank/batch']]);
});
