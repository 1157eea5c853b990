import { encodeRequest } from '../../shared/features/encode.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { compileScores } from '../../shared/score/additive.ts';
import { topRows } from '../../shared/score/top-rows.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { mayBeShown, ruleScore, type Trip, type Wishes } from '../oracle/rule-score.ts';
import { fastestUs } from './support/clock.ts';
import type { BenchRow } from './support/row.ts';
import { rulesOf, scanRows } from './support/scan-rows.ts';
import { makeTrips, makeVisits, NOW_MS } from './support/trips.ts';

/**
 * Ranking a whole catalogue in one thread, for many seeded requests, beside the obvious scorer (objects, ifs, a
 * full sort) and beside reading each packed code once, which a scorer that visits every row cannot beat. Then the scan alone over
 * catalogues of several sizes, beside the scan that it took the place of (`support/scan-rows.ts`).
 */
const TRIPS = 10_000;
const VISITS = 64;
const LIMIT = 20;
const POOL = 50;

const scorer = rulesOf(smarttrip);
const exploration = { temperature: 3, epsilon: 0.02, poolSize: POOL };
const options = { limit: LIMIT, seed: 1, nowMs: NOW_MS, exploration };

export async function benchScore(): Promise<BenchRow[]> {
  const items = makeTrips(TRIPS, 1);
  const visits = makeVisits(VISITS, 2);
  const competing = rankable(catalogueTable(smarttrip, items));
  const { table, rows, blocks } = competing;
  const encode = (i: number) => encodeRequest(smarttrip, table, rows, visits[i], NOW_MS);
  const encoded = visits.map((_, i) => encode(i));
  const compile = (i: number) => compileScores(scorer, encoded[i], NOW_MS);
  const compiled = visits.map((_, i) => compile(i));
  const best = (i: number, k: number) => topRows(compiled[i], TRIPS, blocks, k);
  const trips = items.map(
    ({ attributes }) => Object.assign({ departureMs: attributes.departure }, attributes) as Trip,
  );
  const columns = packItems(smarttrip.columns, items).columns.map(({ codes }) => codes);

  const rankUs = fastestUs(VISITS, (i) => rankSlate(scorer, competing, visits[i], options), 300);
  const encodeUs = fastestUs(VISITS, encode, 300);
  const compileUs = fastestUs(VISITS, compile, 300);
  const topUs = fastestUs(VISITS, (i) => best(i, POOL), 300);
  const naiveUs = fastestUs(VISITS, (i) => rankObjects(trips, visits[i].preferences), 8);
  const readUs = fastestUs(VISITS, () => sumOfCodes(columns), 50);
  const besideRank = (row: BenchRow): BenchRow => ({
    ...row,
    ratio: row.value / rankUs,
    against: 'rank',
  });
  return [
    { name: `rank ${TRIPS} trips`, value: rankUs, unit: 'µs' },
    { name: 'rank, per trip', value: (rankUs * 1000) / TRIPS, unit: 'ns' },
    { name: 'of which: encode', value: encodeUs, unit: 'µs' },
    { name: 'of which: compile', value: compileUs, unit: 'µs' },
    { name: `of which: best ${POOL}`, value: topUs, unit: 'µs' },
    besideRank({ name: 'obvious scorer', value: naiveUs, unit: 'µs' }),
    besideRank({ name: 'read each code once', value: readUs, unit: 'µs' }),
    ...scanRows(),
  ];
}

/** What one would write first. */
function rankObjects(trips: readonly Trip[], wishes: Wishes) {
  return trips
    .filter((trip) => mayBeShown(trip, NOW_MS))
    .map((trip) => ({ trip, score: ruleScore(trip, wishes, NOW_MS) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, LIMIT);
}

function sumOfCodes(columns: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const codes of columns) for (let row = 0; row < codes.length; row++) sum += codes[row];
  return sum;
}

if (import.meta.main) {
  for (const { name, value, unit, ratio, against } of await benchScore()) {
    const compared = ratio === undefined ? '' : `  ${ratio.toFixed(2)} × ${against}`;
    console.log(`${name.padEnd(24)} ${value.toFixed(1).padStart(9)} ${unit}${compared}`);
  }
}
