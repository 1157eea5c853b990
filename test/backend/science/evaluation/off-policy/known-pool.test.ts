import { expect, test } from 'vitest';
import { knownPool } from '../../../../../backend/science/evaluation/off-policy/known-pool.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../../../shared/domain/rank-request.ts';
import { packItems } from '../../../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../../../shared/features/smarttrip.ts';
import { rankable, rankSlate } from '../../../../../shared/score/rank.ts';
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
const table = rankable(packItems(smarttrip.columns, makeTrips(200, 1)));
const request = parseRankRequest({ sessionId: 's', ...makeVisits(1, 2)[0], limit: 1 });
const options = { limit: 1, nowMs: NOW_MS, seed: 5, exploration };
const { ids, codes, propensities } = rankSlate(champion, table, request, options);
const slate = {
  at: NOW_MS,
  itemIds: ids,
  codes,
  propensities: Float64Array.from(propensities),
  draw: null,
};
const poolOf = (changed: Partial<typeof slate>) =>
  knownPool({ ...slate, ...changed }, request, table, champion, challenger);

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
