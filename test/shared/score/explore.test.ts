import { describe, expect, it } from 'vitest';
import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import {
  parseRankingId,
  parseSessionId,
  RULES_VERSION,
  type ItemId,
} from '../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { featureIndex, parseSchema } from '../../../shared/features/schema.ts';
import { decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { posteriorOf, unlearned } from '../../../shared/score/posterior.ts';
import { RAISED_SHARE } from '../../../shared/score/raise.ts';
import { drawnBy, rankSlate } from '../../../shared/score/rank.ts';
import { poolOf } from '../../../shared/score/pool.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints, toPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { slotProbability } from '../../oracle/plackett-luce.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { tripsInFull, visitsInFull } from '../../world/trip-visitors.ts';
import { tripWishes } from '../../world/trip-wishes.ts';

const USUAL: ExplorationSpec = { temperature: 3, epsilon: 0.02, poolSize: 50, optimism: 0.5 };
const about = { version: RULES_VERSION, name: 'rules' };
const rules = additiveFromPoints(tripWishes, tripWishes.rules, about);
/** Versions from before raise all features, and those of now as many as they say. */
const MODES = [
  { raises: 'all features', more: {} },
  { raises: 'one feature', more: { raisedFeatures: 1 } },
  { raises: 'up to four features', more: { raisedFeatures: 4 } },
] as const;
const trips = rankable(packItems(tripWishes.columns, makeTrips(800, 3)));
const visits = makeVisits(60, 4);

describe.each(MODES)('a ranking that raises $raises', ({ more: mode }) => {
  const unsure: AdditiveScorer = {
    ...rules,
    exploration: { ...rules.exploration, ...mode },
    posterior: unlearned(tripWishes, USUAL),
  };

  const slates = (exploration: ExplorationSpec, limit = 8, scorer: AdditiveScorer = unsure) =>
    visits.map((visit, seed) => {
      const options = { limit, seed, nowMs: NOW_MS, exploration };
      return {
        visit,
        options,
        pool: poolOf(scorer, trips, visit, options),
        slate: rankSlate(scorer, trips, visit, options),
      };
    });

  it.each([{}, { maxLoss: 2 }, { fromSlot: 3 }, { fromSlot: 3, maxLoss: 1 }, { fromSlot: 20 }])(
    'has exact propensities given its pool and its raises: %o',
    (more) => {
      const exploration = { ...USUAL, ...more };
      let raised = 0;
      for (const { pool, slate } of slates(exploration)) {
        const points = drawnBy(pool);
        expect(points).toEqual(points.toSorted((a, b) => b - a));
        if (pool.raises?.some((units) => units > 0) === true) raised++;
        let left = [...points.keys()];
        slate.rows.forEach((row, slot) => {
          const index = pool.best.findIndex((one) => one.row === row);
          expect(left).toContain(index);
          const isAlone = slot + 1 < (exploration.fromSlot ?? 1);
          const exact = isAlone ? 1 : slotProbability(points, left, index, exploration);
          expect(slate.propensities[slot]).toBeCloseTo(exact, 12);
          expect(slate.units[slot]).toBe(pool.best[index].units);
          expect(slate.raises?.[slot]).toBe(pool.raises?.[index]);
          left = left.filter((other) => other !== index);
        });
      }
      expect(raised).toBeGreaterThan(0);
    },
  );

  it('falls as often as its propensities say, over all draws from one pool (chi-square, p > 0.001)', () => {
    // One of them is full, and never shown.
    const few = rankable(packItems(tripWishes.columns, makeTrips(4, 3)));
    const exploration = { ...USUAL, temperature: 10, poolSize: 4 };
    const counts = new Map<string, { count: number; expected: number }>();
    const DRAWS = 15_000;
    const [visit] = visits;
    for (let seed = 0; seed < DRAWS; seed++) {
      const options = { limit: 2, seed, nowMs: NOW_MS, exploration };
      const pool = poolOf(unsure, few, visit, options);
      const { best } = pool;
      const points = drawnBy(pool);
      const { rows } = rankSlate(unsure, few, visit, options);
      best.forEach((first, a) =>
        best.forEach((second, b) => {
          if (a === b) return;
          const left = [...points.keys()];
          const p =
            slotProbability(points, left, a, exploration) *
            slotProbability(points, left.toSpliced(a, 1), b, exploration);
          const key = `${first.row} ${second.row}`;
          const own = counts.get(key) ?? { count: 0, expected: 0 };
          counts.set(key, own);
          own.expected += p;
          if (rows[0] === first.row && rows[1] === second.row) own.count++;
        }),
      );
    }
    const statistic = [...counts.values()].reduce(
      (sum, { count, expected }) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // Draws that differ in their probabilities make it less than the chi-square of 5 degrees of freedom, whose 99.9 % quantile is 20.5.
    expect(counts.size).toBe(6);
    expect(statistic).toBeLessThan(20.5);
  });

  it('replays from its bytes to the same slate, in a shadow or under deltas as well', () => {
    const stored = scorerFromBytes(scorerToBytes(unsure));
    for (const { visit, options, slate } of slates({ ...USUAL, maxLoss: 3 }))
      expect(rankSlate(stored, trips, visit, options)).toEqual(slate);
  });

  it.each([
    { features: 8, schema: tripWishes, items: makeTrips, from: makeVisits },
    { features: 31, schema: smarttrip, items: tripsInFull, from: visitsInFull },
  ])(
    'takes at most a tenth more bytes in the log, of a slate of ten, with $features features',
    ({ schema, items, from }) => {
      const more: number[] = [];
      const exploration = { ...USUAL, maxLoss: 3, fromSlot: 2 };
      const scorer = additiveFromPoints(schema, schema.rules, {
        ...about,
        exploration: unsure.exploration,
        posterior: unlearned(schema, USUAL),
      });
      const table = rankable(packItems(schema.columns, items(800, 3)));
      for (const [seed, visit] of from(60, 4).entries()) {
        const options = { limit: 10, seed, nowMs: NOW_MS, exploration };
        const slate = rankSlate(scorer, table, visit, options);
        const { ids: itemIds, rows: _, raises, ...shown } = slate;
        const { optimism: __, ...fixed } = USUAL;
        const decision: Decision = {
          rankingId: parseRankingId(crypto.randomUUID()),
          at: NOW_MS,
          sessionId: parseSessionId('0123456789abcdef0123456789abcdef'),
          context: { placement: DEFAULT_PLACEMENT, consent: 'measure' },
          itemSource: 'catalogue',
          pointerRevision: 7,
          weights: RULES_VERSION,
          delta: 0,
          schemaHash: schema.hash,
          snapshot: 'ab'.repeat(16),
          degraded: false,
          seed: options.seed,
          exploration: fixed,
          limit: 10,
          request: JSON.stringify(visit),
          itemIds,
          ...shown,
        };
        const raised = { ...decision, exploration: options.exploration, ...(raises && { raises }) };
        const [before, after] = [decision, raised].map((one) => decisionsToBytes([one]).length);
        more.push(after / before);
      }
      expect(Math.max(...more)).toBeLessThanOrEqual(1.1);
    },
  );

  it('is as it was where a version has no posterior, or the exploration does not ask for it', () => {
    const { optimism: _, ...fixed } = USUAL;
    for (const [scorer, exploration] of [
      [rules, USUAL],
      [unsure, fixed],
      [unsure, { ...fixed, optimism: 0 }],
    ] as const)
      slates(exploration, 8, scorer).forEach(({ slate, visit, options }) => {
        expect(slate).toEqual(rankSlate(rules, trips, visit, { ...options, exploration: fixed }));
        expect(slate.raises).toBeUndefined();
      });
  });

  it('raises nothing by what its visitor did not say, as it would raise all items alike', () => {
    const theme = featureIndex(tripWishes, 'theme');
    const posterior = posteriorOf(tripWishes, (feature) => (feature === theme ? 20 : 0));
    const exploration = { ...USUAL, optimism: 1, maxLoss: 0.1 };
    let raised = 0;
    for (let seed = 0; seed < 40; seed++) {
      const options = { limit: 8, seed, nowMs: NOW_MS, exploration };
      const visit = { preferences: { budget: 900 }, context: {}, recent: [] };
      const { raises, ...others } = rankSlate({ ...unsure, posterior }, trips, visit, options);
      if (raises !== undefined) raised++;
      expect(raises?.every((units) => units === 0)).not.toBe(false);
      expect(others).toEqual(rankSlate(rules, trips, visit, options));
    }
    // Versions from before say of such rankings that they raised by nothing.
    expect(raised > 0).toBe(!('raisedFeatures' in mode));
  });

  it('leaves the first slots alone where asked', () => {
    const best = { temperature: 0, epsilon: 0, poolSize: 50 };
    for (const { slate, visit, options } of slates({ ...USUAL, fromSlot: 4 })) {
      const alone = rankSlate(unsure, trips, visit, { ...options, exploration: best });
      expect(slate.ids.slice(0, 3)).toEqual(alone.ids.slice(0, 3));
      expect(slate.propensities.slice(0, 3)).toEqual([1, 1, 1]);
      expect(slate.propensities[3]).toBeLessThan(1);
    }
  });

  it.each([0.5, 2, 5])('loses at most %d points a slot on average by raising', (maxLoss) => {
    const byScore = { temperature: 0, epsilon: 0, poolSize: 50 };
    const limit = 8;
    let [loss, free, raised] = [0, 0, 0];
    const RUNS = 20;
    const lossOf = (visit: (typeof visits)[number], seed: number, more: object) => {
      const options = { limit, seed, nowMs: NOW_MS };
      const meanOf = (exploration: ExplorationSpec) => {
        const { units } = rankSlate(unsure, trips, visit, { ...options, exploration });
        return units.reduce((sum, own) => sum + toPoints(own), 0) / limit;
      };
      return meanOf(byScore) - meanOf({ ...byScore, optimism: 0.5, ...more });
    };
    visits.forEach((visit, i) => {
      for (let run = 0; run < RUNS; run++) {
        const own = lossOf(visit, i * RUNS + run, { maxLoss });
        // In every raised ranking, and so on average.
        expect(own).toBeLessThanOrEqual(maxLoss / RAISED_SHARE + 1e-9);
        loss += own;
        if (own > 0) raised++;
        free += lossOf(visit, i * RUNS + run, {});
      }
    });
    const rankings = visits.length * RUNS;
    expect(loss / rankings).toBeLessThanOrEqual(maxLoss);
    expect(loss).toBeLessThan(free);
    expect(raised).toBeGreaterThan(0);
  });
});

describe.each(MODES)(
  'an item of a kind that is new, where a ranking raises $raises',
  ({ more: mode }) => {
    const KINDS = Array.from({ length: 50 }, (_, i) => `kind-${i}`);
    const schema = parseSchema({
      name: 'kinds',
      columns: [{ name: 'kind', type: 'category' }],
      features: [{ name: 'kind', kind: 'category', column: 'kind', values: [...KINDS, 'new'] }],
    });
    /** Worth 30 to −30 points; what is new is of median merit, and so are the rules' 0 points. */
    const points = [0, ...KINDS.map((_, i) => 30 - (60 * i) / (KINDS.length - 1)), 0];
    const items = [...KINDS, 'new'].flatMap((kind) =>
      Array.from({ length: 5 }, (_, i) => ({ id: `${kind}-${i}` as ItemId, attributes: { kind } })),
    );
    const table = rankable(packItems(schema.columns, items));
    const visit = { preferences: {}, context: {}, recent: [] };
    const exploration: ExplorationSpec = { ...USUAL, optimism: 1, maxLoss: 4 };
    const isNew = (id: string) => id.startsWith('new');

    /** In how many of so many rankings it is shown. @param deviation of what is known of it, in points; of all others 1. */
    const shownIn = (rankings: number, deviation: number, explored: ExplorationSpec) => {
      const scorer: AdditiveScorer = {
        ...additiveFromPoints(
          schema,
          { kind: points },
          { ...about, exploration: { ...explored, ...mode } },
        ),
        posterior: posteriorOf(schema, (_, bucket) =>
          bucket === points.length - 1 ? deviation : 1,
        ),
      };
      return Array.from({ length: rankings }, (_, seed) =>
        rankSlate(scorer, table, visit, { limit: 10, seed, nowMs: NOW_MS, exploration: explored }),
      ).filter(({ ids }) => ids.some(isNew)).length;
    };

    it('is shown within 200 rankings, though 25 kinds are worth more', () => {
      expect(shownIn(200, 20, exploration)).toBeGreaterThan(0);
    });

    it('is never shown by temperature alone, as it is out of the pool', () => {
      const { optimism: _, ...fixed } = exploration;
      expect(shownIn(4000, 20, fixed)).toBe(0);
    });

    it('is not tried any more once it is known', () => {
      expect(shownIn(4000, 2, exploration)).toBe(0);
    });
  },
);
