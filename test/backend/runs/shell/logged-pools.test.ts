import { afterEach, beforeEach, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { withPools } from '../../../../backend/runs/shell/logged-pools.ts';
import { packedCatalogue } from '../../../../backend/runs/shell/packed-catalogue.ts';
import { offPolicyGain } from '../../../../backend/science/evaluation/off-policy-gain.ts';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { parseFilter } from '../../../../shared/domain/filter.ts';
import { parseItemId, RULES_VERSION } from '../../../../shared/domain/ids.ts';
import type { Visit } from '../../../../shared/domain/rank-request.ts';
import { catalogueTable } from '../../../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { candidateTable } from '../../../../shared/score/candidate-table.ts';
import { allowedRows } from '../../../../shared/score/filter/allowed-rows.ts';
import { rankable, type RankableTable } from '../../../../shared/score/rankable.ts';
import { rankSlate } from '../../../../shared/score/rank.ts';
import { additiveFromPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../../bench/support/trips.ts';
import { sizedForHours } from '../../../support/size.ts';
import { hiddenTaste } from '../../../world/hidden-taste.ts';
import { openLog, rankingOf, type Log } from '../../log/support/log.ts';

const ITEMS = 120;
const RANKINGS = 1500;
const CANDIDATES = 20;
/** Seeds of the slates whose mean worth is the truth: its error is far below the interval's width with two of them. */
const DRAWS = sizedForHours([1, 2], [1, 2, 3, 4, 5, 6]);
const scorer = (points: Record<string, number[]>, temperature: number): Scorer => ({
  ...additiveFromPoints(smarttrip, points, { version: RULES_VERSION, name: 'one' }),
  exploration: { temperature, epsilon: 0.1, poolSize: ITEMS },
});
const champion = scorer({ status: [0, 3] }, 10);
const challenger = scorer({ status: [0, 0, 10, 20], difficulty: [0, 8, 0, -8] }, 8);
const items = makeTrips(ITEMS, 1);
const table = rankable(catalogueTable(smarttrip, items));
const taste = hiddenTaste(3);

let log: Log;
beforeEach(async () => {
  log = await openLog(NOW_MS);
  await upsertItems(log.store, smarttrip, items, NOW_MS);
});
afterEach(() => log.close());

/** By the catalogue as it is now. */
const poolsOf = (of: readonly LoggedSlate[], by: Scorer, other: Scorer) =>
  withPools(log.database, packedCatalogue(log.database, smarttrip), of, by, other);

const wantedOf = (n: number): Pick<Visit, 'filters' | 'exclude'> =>
  n % 3 === 0
    ? {
        filters: parseFilter({ column: 'price', to: 4000 + n }),
        exclude: [items[n % ITEMS].id],
      }
    : {};

type Asked = Visit & { readonly candidates?: readonly { readonly id: string }[] };

/** Every third request says what may be shown, and every other one sends some candidates of its own. */
const requests: Asked[] = makeVisits(RANKINGS, 2).map((visit, n) =>
  n % 2 === 0
    ? { ...visit, ...wantedOf(n) }
    : {
        ...visit,
        ...wantedOf(n),
        candidates: Array.from({ length: CANDIDATES }, (_, i) => ({
          id: items[(7 * n + 3 * i) % ITEMS].id,
        })),
      },
);
const tableOf = ({ candidates }: Asked): RankableTable =>
  candidates === undefined
    ? table
    : candidateTable(
        smarttrip,
        candidates.map(({ id }) => ({ id: parseItemId(id), attributes: {} })),
        table,
      );

const show = (by: Scorer, asked: Asked, n: number, seed: number) =>
  rankSlate(by, tableOf(asked), asked, {
    limit: 1,
    seed: seed + n,
    nowMs: NOW_MS - RANKINGS + n,
    exploration: by.exploration,
  });

/** What the champion showed, and whether it was clicked, with the requests in the log. */
async function served(by = champion): Promise<LoggedSlate[]> {
  const slates = requests.map((asked, n): LoggedSlate => {
    const { ids, units, propensities, codes } = show(by, asked, n, 10);
    return {
      rankingId: `r${n}`,
      at: NOW_MS - RANKINGS + n,
      sessionId: `s${n}`,
      userId: null,
      placement: 'main',
      consent: 'measure',
      arm: null,
      weights: by.version,
      draw: { ...by.exploration, isDrafted: false },
      itemIds: ids,
      units: Int32Array.from(units),
      propensities: Float64Array.from(propensities),
      codes,
      tallies: [taste.clicks(codes, 1)[0] === 1 ? { click: 1 } : undefined],
    };
  });
  const decisions = slates.map(({ rankingId, at }, n) =>
    rankingOf(rankingId, at, {
      request: JSON.stringify(requests[n]),
      limit: 1,
      allowed: allowedRows(tableOf(requests[n]), requests[n])?.count,
    }),
  );
  await log.add(
    decisions.map((decision, n) => Object.assign(decision, { rankingId: slates[n].rankingId })),
  );
  await log.update();
  return slates;
}

const valueOf = (by: Scorer): number => {
  const shows = DRAWS.flatMap((seed) =>
    requests.map((asked, n) => taste.expected(show(by, asked, n, 1e6 * seed).codes, 1)[0]),
  );
  return shows.reduce((sum, rate) => sum + rate, 0) / shows.length;
};

test('what competed for the only slot is ranked again from the log, and the gain of showing something else is known', async () => {
  const slates = await served();
  const pooled = await poolsOf(slates, champion, challenger);
  expect(pooled.filter(({ pool }) => pool !== undefined)).toHaveLength(RANKINGS);
  for (const { pool, codes } of pooled.slice(0, 50)) {
    const [at] = pool!.shown;
    expect(pool!.codes.subarray(at * codes.length, (at + 1) * codes.length)).toEqual(codes);
  }
  const { gain } = offPolicyGain(pooled, champion, challenger, { click: 1 });
  if ('refused' in gain) throw new Error(gain.refused);
  const truth = valueOf(challenger) - valueOf(champion);
  expect(gain.low).toBeLessThan(truth);
  expect(gain.high).toBeGreaterThan(truth);
  expect(gain.high - gain.low).toBeLessThan(0.2);
});

test('where the champion could not have shown what the challenger would, there is no estimate', async () => {
  const narrow = { ...champion, exploration: { ...champion.exploration, poolSize: 10 } };
  const pooled = await poolsOf(await served(narrow), narrow, challenger);
  expect(pooled.every(({ pool }) => pool !== undefined)).toBe(true);
  const { gain } = offPolicyGain(pooled, narrow, challenger, { click: 1 });
  expect(gain).toMatchObject({
    refused: expect.stringContaining('the evaluated policy does what the logs never show'),
  });
});

test('what was drawn from another catalogue, by other weights, or is in the log no more, is not known', async () => {
  const slates = await served();
  const others = scorer({ status: [0, 4] }, 10);
  const known = async (by: Scorer, of: readonly LoggedSlate[]) =>
    (await poolsOf(of, by, challenger)).filter(({ pool }) => pool !== undefined).length;
  expect(await known(others, slates)).toBeLessThan(0.2 * RANKINGS);
  expect(
    await known(
      champion,
      slates.map((slate) => ({ ...slate, rankingId: `gone ${slate.rankingId}` })),
    ),
  ).toBe(0);
  // Nothing is sold out any more: other codes, and other propensities of those that are the same.
  const changed = items.map((item) => ({
    ...item,
    attributes: { ...item.attributes, status: 'available' },
  }));
  await upsertItems(log.store, smarttrip, changed, NOW_MS);
  expect(await known(champion, slates)).toBeLessThan(0.2 * RANKINGS);
});

test('longer slates are left as they are', async () => {
  const slates = (await served()).map((slate) => ({ ...slate, itemIds: ['a', 'b'] }));
  expect(await poolsOf(slates, champion, challenger)).toBe(slates);
});
