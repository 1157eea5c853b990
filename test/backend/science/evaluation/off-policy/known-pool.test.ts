import { expect, test } from 'vitest';
import { knownPool } from '../../../../../backend/science/evaluation/off-policy/known-pool.ts';
import { parseFilter } from '../../../../../shared/domain/filter.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../../../shared/domain/rank-request.ts';
import { packItems } from '../../../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../../../shared/features/smarttrip.ts';
import { allowedRows } from '../../../../../shared/score/filter/allowed-rows.ts';
import { rankable } from '../../../../../shared/score/rankable.ts';
import { rankSlate } from '../../../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../../../bench/support/trips.ts';

const exploration = { temperature: 3, epsilon: 0.1, poolSize: 20 };
const champion = {
  ...additiveFromPoints(smarttrip, smarttrip.rules, { version: RULES_VERSION, name: 'rules' }),
  exploration,
};
const challenger = {
  ...additiveFromPoints(
    smarttrip,
    { status: [0, 9, 3] },
    { version: RULES_VERSION, name: 'other' },
  ),
  exploration,
};
const trips = makeTrips(200, 1);
const table = rankable(packItems(smarttrip.columns, trips));
const request = parseRankRequest({ sessionId: 's', ...makeVisits(1, 2)[0], limit: 1 });
const options = { limit: 1, nowMs: NOW_MS, seed: 5, exploration };
const { ids, codes, propensities } = rankSlate(champion, table, request, options);
const slate = {
  at: NOW_MS,
  consent: 'measure' as const,
  itemIds: ids,
  codes,
  propensities: Float64Array.from(propensities),
  draw: null,
};
const poolOf = (changed: Partial<typeof slate>) =>
  knownPool({ ...slate, ...changed }, { request, allowed: null }, table, champion, challenger);

test('the pool of a ranking holds what either version draws from, the shown item by its codes', () => {
  const pool = poolOf({})!;
  const features = smarttrip.features.length;
  const rows = pool.codes.length / features;
  expect(rows).toBeGreaterThan(exploration.poolSize);
  expect(rows).toBeLessThanOrEqual(2 * exploration.poolSize);
  const [shown] = pool.shown;
  expect(pool.codes.slice(shown * features, (shown + 1) * features)).toEqual(codes);
});

test('it is not known where the shown item had another propensity or other codes, or is gone', () => {
  expect(poolOf({ propensities: Float64Array.of(propensities[0] * 0.999) })).toBeUndefined();
  // Codes that no points are given for leave the propensity as it is.
  for (let feature = 0; feature < codes.length; feature++)
    expect(poolOf({ codes: codes.with(feature, codes[feature] + 1) })).toBeUndefined();
  expect(
    poolOf({ itemIds: [...table.table.ids].slice(0, 1).map((id) => `${id}-gone` as typeof id) }),
  ).toBeUndefined();
});

test('only what the request allows competes, and where it is not logged what it excluded, nothing is known', () => {
  const exclude = pooled(request).slice(3, 9).toSorted();
  const filters = parseFilter({ column: 'price', from: 1500 });
  const asked = { ...request, filters, exclude };
  const drawn = rankSlate(champion, table, asked, options);
  const own = {
    ...slate,
    itemIds: drawn.ids,
    codes: drawn.codes,
    propensities: Float64Array.from(drawn.propensities),
  };
  const known = (by: typeof request, consent: 'none' | 'measure', allowed: number | null) =>
    knownPool({ ...own, consent }, { request: by, allowed }, table, champion, challenger);
  const { count } = allowedRows(table, asked)!;
  const found = known(asked, 'measure', count)!;
  const left = rankable(
    packItems(
      smarttrip.columns,
      trips.filter(
        ({ id, attributes }) => (attributes.price as number) >= 1500 && !exclude.includes(id),
      ),
    ),
  );
  expect(found).toEqual(knownPool(own, { request, allowed: null }, left, champion, challenger));
  // Without consent exclusions are not logged: how many items were left tells that there were some.
  const { exclude: _, ...logged } = asked;
  expect(known(logged, 'none', count)).toBeUndefined();
  expect(known(asked, 'none', count)).toEqual(found);
});

/** Items that the champion draws from under a request. */
const pooled = (by: typeof request) =>
  rankSlate(champion, table, by, {
    ...options,
    limit: 20,
    exploration: { ...exploration, epsilon: 0 },
  }).ids;
