import { describe, expect, test } from 'vitest';
import { readTrivago } from '../../../backend/replay/read-trivago.ts';
import { asShown, lastViewedFirst, trivagoSchema } from '../../../backend/replay/policies.ts';
import {
  searchesOf,
  splitBySession,
  type Search,
} from '../../../backend/replay/trivago-searches.ts';
import type { TrivagoRow } from '../../../backend/replay/trivago-row.ts';
import { reciprocalRank } from '../../../backend/science/evaluation/ranking-metrics.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { needsShared, sharedFile } from '../../support/shared-data.ts';

const ACTIONS = [
  'interaction item image',
  'interaction item deals',
  'clickout item',
  'search for item',
  'change of sort order',
  'filter selection',
];

/** A busy market: few items, so that everybody's actions touch everybody else's popularity. */
function market(count: number, seed: number): TrivagoRow[] {
  const random = seededRandom(seed);
  const any = (n: number) => Math.floor(random() * n);
  return Array.from({ length: count }, (_, i) => {
    const action = ACTIONS[any(ACTIONS.length)];
    const shown = Array.from({ length: 8 }, (__, slot) => String(100 + ((slot * 3 + any(3)) % 24)));
    const click = action === 'clickout item';
    return {
      user_id: `u${any(12)}`,
      session_id: `s${any(3)}`,
      timestamp: String(1000 + Math.floor(i / 3)),
      step: String(i),
      action_type: action,
      reference:
        action === 'change of sort order'
          ? 'price only'
          : action === 'filter selection'
            ? 'Hotel'
            : click
              ? shown[any(8)]
              : String(100 + any(24)),
      platform: 'DE',
      device: 'mobile',
      current_filters: random() < 0.2 ? 'Sort by Price|Hotel' : '',
      impressions: click ? shown.join('|') : '',
      prices: click ? shown.map(() => String(40 + any(200))).join('|') : '',
    };
  });
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  return values
    .map((value) => ({ value, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** Keeps the times and deals the later rows' deeds out anew. */
function scrambleAfter(rows: readonly TrivagoRow[], seconds: number): TrivagoRow[] {
  const late = rows.filter((row) => Number(row.timestamp) >= seconds);
  const dealt = shuffled(late, 99);
  return [
    ...rows.filter((row) => Number(row.timestamp) < seconds),
    ...late.map((row, i) => ({ ...dealt[i], timestamp: row.timestamp, step: row.step })),
  ];
}

function expectNoLeak(rows: readonly TrivagoRow[], seconds: number): number {
  const before = (searches: Search[]) => searches.filter(({ at }) => at < seconds * 1000);
  const told = before(searchesOf(rows));
  const scrambled = scrambleAfter(rows, seconds);
  expect(before(searchesOf(scrambled))).toEqual(told);
  // The scramble did change something, or the test could not fail.
  expect(searchesOf(scrambled)).not.toEqual(searchesOf(rows));
  return told.length;
}

describe('searchesOf', () => {
  test('shuffling later sessions changes nothing for earlier ones', () => {
    expect(expectNoLeak(market(900, 4), 1200)).toBeGreaterThan(50);
  });

  test('the order of the rows in the file changes nothing', () => {
    const rows = market(300, 5);
    expect(searchesOf(shuffled(rows, 6))).toEqual(searchesOf(rows));
  });

  test('a search knows its session up to the click and not the click itself', () => {
    const row = (
      step: number,
      action_type: string,
      reference: string,
      more: Partial<TrivagoRow> = {},
    ): TrivagoRow => ({
      user_id: 'u',
      session_id: 's',
      timestamp: String(step),
      step: String(step),
      action_type,
      reference,
      platform: 'BR',
      device: 'desktop',
      current_filters: '',
      impressions: '',
      prices: '',
      ...more,
    });
    const list = { impressions: '1|2|3', prices: '10|20|30' };
    const [first, second] = searchesOf([
      row(1, 'interaction item image', '2'),
      row(2, 'change of sort order', 'price and recommended'),
      row(3, 'clickout item', '3', list),
      row(4, 'clickout item', '1', list),
      row(5, 'clickout item', '9', list),
    ]) as [Search, Search];
    expect(first).toMatchObject({
      clicked: '3',
      recent: [{ itemId: '2', type: 'image', at: 1000 }],
      context: { sort: 'price', list: 'first', lastAction: 'none', interactions: 1 },
    });
    expect(second.context).toMatchObject({ list: 'same', lastAction: 'clickout', interactions: 2 });
    expect(second.candidates.map(({ attributes }) => attributes.seenUnclicked)).toEqual([1, 1, 0]);
    expect(searchesOf([row(5, 'clickout item', '9', list)])).toEqual([]);
  });

  test('a user is not popular with himself, and earlier sessions are remembered', () => {
    const click = (session_id: string, user_id: string, seconds: number): TrivagoRow => ({
      user_id,
      session_id,
      timestamp: String(seconds),
      step: '1',
      action_type: 'clickout item',
      reference: '1',
      platform: 'BR',
      device: 'desktop',
      current_filters: '',
      impressions: '1|2',
      prices: '10|20',
    });
    const known = searchesOf([
      click('a', 'u', 1),
      click('b', 'u', 2),
      click('c', 'v', 3),
      click('d', 'w', 3),
    ]).map(({ candidates }) => candidates[0].attributes);
    expect(known.map(({ popularity, earlierClicks }) => [popularity, earlierClicks])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
  });

  test('splitBySession puts whole sessions on either side', () => {
    const [early, late] = splitBySession(searchesOf(market(900, 8)), 0.6);
    const keys = (searches: Search[]) =>
      new Set(searches.map(({ userId, sessionId }) => `${userId}/${sessionId}`));
    const known = keys(early);
    expect([...keys(late)].filter((key) => known.has(key))).toEqual([]);
    expect(early.length / (early.length + late.length)).toBeGreaterThan(0.55);
  });
});

const FILE = 'data/trivago/sessions.csv.gz';

const { absent, why } = needsShared(FILE);

describe.skipIf(absent)(`the real searches${why}`, () => {
  const rows = absent ? [] : readTrivago(sharedFile(FILE));

  test('no search sees the future', () => {
    expect(expectNoLeak(rows, 1_541_600_000)).toBeGreaterThan(2000);
  });

  test('the policies score what they are known to score: 0.450 as shown, 0.584 last viewed first', () => {
    const schema = trivagoSchema();
    const searches = searchesOf(rows);
    const mrr = (points: Record<string, number[]>) => {
      const scorer = additiveFromPoints(schema, points, { version: RULES_VERSION, name: 'policy' });
      const total = searches.reduce((sum, search) => {
        const table = rankable(packItems(schema.columns, search.candidates, true));
        const options = { limit: 100, seed: 1, nowMs: search.at, exploration: schema.exploration };
        return (
          sum +
          reciprocalRank(
            rankSlate(scorer, table, { ...search, preferences: {} }, options).ids.map((id) =>
              Number(id === search.clicked),
            ),
          )
        );
      }, 0);
      return total / searches.length;
    };
    expect(searches).toHaveLength(9418);
    expect(mrr(asShown(schema))).toBeCloseTo(0.45, 3);
    expect(mrr(lastViewedFirst(schema))).toBeGreaterThan(0.58);
    expect(mrr(lastViewedFirst(schema))).toBeLessThan(0.59);
  });
});
