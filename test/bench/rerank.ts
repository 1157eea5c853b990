import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { compileScores } from '../../shared/score/additive.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { rerank, rerankUnits, type RerankingScorer } from '../../shared/score/rerank.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import { topRows } from '../../shared/score/top-rows.ts';
import { flatNetwork, flatTrees, randomForest, randomNetwork } from '../oracle/random-rerankers.ts';
import { fastestUs } from './support/clock.ts';
import type { BenchRow } from './support/row.ts';
import { makeTrips, makeVisits, NOW_MS } from './support/trips.ts';

/**
 * Re-ranking the best trips of many seeded requests, in one thread, beside the same scores computed row by row: each tree walked from its
 * root, each sum of a network in turn. Trees of 31 leaves are as large as LightGBM's; those that training grows have 15.
 */
const TRIPS = 10_000;
const VISITS = 64;
const DEPTH = 200;
const ROUNDS = 100;

const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const again = { depth: DEPTH, adds: true };
const forestOf = (trees: number, leaves: number): RerankingScorer => ({
  ...scorer,
  kind: 'forest',
  rerank: again,
  trees: flatTrees(randomForest(smarttrip, { trees, leaves, seed: 3 })),
});
const networkOf = (width: number, hidden: number): RerankingScorer => ({
  ...scorer,
  kind: 'mlp',
  rerank: again,
  network: flatNetwork(randomNetwork(smarttrip, { width, hidden, seed: 4 })),
});
const RERANKERS: readonly (readonly [string, RerankingScorer])[] = [
  ['300 trees of 31 leaves', forestOf(300, 31)],
  ['300 trees of 15 leaves', forestOf(300, 15)],
  ['100 trees of 256 leaves', forestOf(100, 256)],
  ['MLP of 16 and 32', networkOf(16, 32)],
  ['MLP of 32 and 64', networkOf(32, 64)],
];

/** As trainings explore. */
const EXPLORING = { temperature: 2, epsilon: 0.05, poolSize: 50 };
const PLAIN = { temperature: 0, epsilon: 0, poolSize: 1 };
const LIMIT = 20;
const WHOLE_ROUNDS = 15;

/** What a ranking takes as a whole, and what it would take without what could be left out of it under load: exploration, and re-ranking. */
export async function benchDegraded(): Promise<BenchRow[]> {
  const items = rankable(catalogueTable(smarttrip, makeTrips(TRIPS, 1)));
  const visits = makeVisits(VISITS, 2);
  const us = (own: Scorer, exploration: ExplorationSpec) =>
    fastestUs(
      VISITS,
      (i) =>
        rankSlate(own, items, visits[i], { limit: LIMIT, seed: i, nowMs: NOW_MS, exploration }),
      WHOLE_ROUNDS,
    );
  const some = [['additive alone', scorer] as const, RERANKERS[0], RERANKERS[1], RERANKERS[3]];
  return some.flatMap(([name, own]): BenchRow[] => {
    const against = `a ranking, ${name}`;
    const value = us(own, EXPLORING);
    const row = (what: string, less: number): BenchRow => ({
      name: `the same ${what}`,
      value: less,
      unit: 'µs',
      ratio: less / value,
      against,
    });
    return [
      { name: against, value, unit: 'µs' },
      row('without exploration', us(own, PLAIN)),
      ...(own === scorer ? [] : [row('without either', us(scorer, PLAIN))]),
    ];
  });
}

export async function benchRerank(): Promise<BenchRow[]> {
  const { table, rows, blocks } = rankable(catalogueTable(smarttrip, makeTrips(TRIPS, 1)));
  const encoded = makeVisits(VISITS, 2).map((visit) =>
    encodeRequest(smarttrip, table, rows, visit, NOW_MS),
  );
  const first = encoded.map((request) =>
    topRows(compileScores(scorer, request, NOW_MS), TRIPS, blocks, DEPTH),
  );
  const rowByRow = (own: RerankingScorer, i: number) => {
    const codes = codesOf(
      encoded[i],
      first[i].map(({ row }) => row),
    );
    return first[i]
      .map(({ row, units }, place) => ({
        row,
        units: units + rerankUnits(own, codes, place * encoded[i].plans.length),
      }))
      .toSorted((a, b) => b.units - a.units);
  };
  return RERANKERS.flatMap(([name, own]): BenchRow[] => {
    const value = fastestUs(VISITS, (i) => rerank(own, encoded[i], first[i]), ROUNDS);
    const alone = fastestUs(VISITS, (i) => rowByRow(own, i), ROUNDS / 5);
    const label = `best ${DEPTH} again, ${name}`;
    return [
      { name: label, value, unit: 'µs' },
      {
        name: 'the same, row by row',
        value: alone,
        unit: 'µs',
        ratio: alone / value,
        against: label,
      },
    ];
  });
}
