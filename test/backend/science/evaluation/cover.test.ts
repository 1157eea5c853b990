import { expect, test } from 'vitest';
import { coverOf } from '../../../../backend/science/evaluation/cover.ts';
import { parseFilter } from '../../../../shared/domain/filter.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../../shared/domain/rank-request.ts';
import { attributesAt, packItems } from '../../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { rankable } from '../../../../shared/score/rankable.ts';
import { rankSlate } from '../../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../../bench/support/trips.ts';

const about = { version: RULES_VERSION, name: 'x' };
const champion = additiveFromPoints(smarttrip, smarttrip.rules, about);
const opposite = additiveFromPoints(
  smarttrip,
  Object.fromEntries(
    Object.entries(smarttrip.rules).map(([name, points]) => [name, points.map((p) => -p)]),
  ),
  about,
);
const table = rankable(packItems(smarttrip.columns, makeTrips(1000, 1)));
const requests = makeVisits(60, 2).map((visit) => ({
  request: parseRankRequest({ sessionId: 's', limit: 10, ...visit }),
  at: NOW_MS,
}));

test('what would show the same is covered whole', () => {
  const { share, requests: used, k } = coverOf(champion, champion, table, requests)!;
  expect(share).toBe(1);
  expect(used).toBe(60);
  expect(k).toBe(requests.reduce((sum, { request }) => sum + request.limit, 0) / 60);
});

test('the share is that of items which the champion draws in any of very many draws', () => {
  const explores = { temperature: 1e5, epsilon: 0.5, poolSize: 40 };
  const curious = { ...champion, exploration: explores };
  const found = coverOf(curious, opposite, table, requests.slice(0, 5))!;
  const shares = requests.slice(0, 5).map(({ request }) => {
    const options = { limit: request.limit, nowMs: NOW_MS };
    const drawn = new Set<string>();
    for (let seed = 0; seed < 300; seed++)
      for (const id of rankSlate(curious, table, request, {
        ...options,
        seed,
        exploration: explores,
      }).ids)
        drawn.add(id);
    const none = { temperature: 0, epsilon: 0, poolSize: 1 };
    const top = rankSlate(opposite, table, request, { ...options, seed: 1, exploration: none }).ids;
    return top.filter((id) => drawn.has(id)).length / top.length;
  });
  expect(found.share).toBeCloseTo(shares.reduce((a, b) => a + b) / 5, 12);
  expect(found.share).toBeLessThan(0.5);
});

test('a champion that does not explore covers what it shows and nothing else', () => {
  const strict = { ...champion, exploration: { temperature: 0, epsilon: 0, poolSize: 500 } };
  expect(coverOf(strict, champion, table, requests)!.share).toBe(1);
  const pooled = { ...champion, exploration: { temperature: 0, epsilon: 0.1, poolSize: 1000 } };
  expect(coverOf(strict, opposite, table, requests)!.share).toBeLessThan(0.2);
  expect(coverOf(pooled, opposite, table, requests)!.share).toBe(1);
});

test('filters and exclusions hold for what a challenger would show as for what the champion could show', () => {
  const filters = parseFilter({ column: 'price', to: 2000 });
  const exclude = [...table.table.ids].slice(0, 300).toSorted();
  const left = makeTrips(1000, 1).filter(
    ({ id, attributes }) => (attributes.price as number) <= 2000 && !exclude.includes(id),
  );
  const asked = requests.map(({ request, at }) => ({
    request: { ...request, filters, exclude },
    at,
  }));
  const by = { ...champion, exploration: { temperature: 1, epsilon: 0.1, poolSize: 120 } };
  const found = coverOf(by, opposite, table, asked)!;
  const alone = rankable(packItems(smarttrip.columns, left));
  expect(found).toEqual(coverOf(by, opposite, alone, requests));
  expect(found.share).toBeGreaterThan(coverOf(by, opposite, table, requests)!.share);
});

test('requests with candidates are covered within these, by the catalogue where they name ids alone', () => {
  const few = Array.from({ length: 30 }, (_, row) => table.table.ids.at(row)!);
  const within = (candidates: unknown[]) => [
    {
      request: parseRankRequest({ sessionId: 's', ...makeVisits(1, 3)[0], limit: 50, candidates }),
      at: NOW_MS,
    },
  ];
  const byId = coverOf(champion, opposite, table, within(few))!;
  expect(byId.share).toBe(1);
  expect(byId.k).toBeLessThanOrEqual(30);
  const whole = few.map((id, row) => ({ id, ...attributesAt(table.table, row) }));
  expect(byId).toEqual(
    coverOf(champion, opposite, rankable(packItems(smarttrip.columns, [])), within(whole)),
  );
});

test('where nothing can be ranked there is no cover', () => {
  expect(coverOf(champion, opposite, table, [])).toBeUndefined();
  const empty = rankable(packItems(smarttrip.columns, []));
  expect(coverOf(champion, opposite, empty, requests)).toBeUndefined();
});
