import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { encodeRequest } from '../../shared/features/encode.ts';
import { packItems } from '../../shared/features/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { compileScores } from '../../shared/score/additive.ts';
import { rankable, rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import { topRows } from '../../shared/score/top-rows.ts';
import { mayBeShown, ruleScore, type Trip, type Wishes } from '../oracle/rule-score.ts';
import { medianUs } from './support/clock.ts';
import type { BenchRow } from './support/row.ts';
import { makeTrips, makeVisits, NOW_MS } from './support/trips.ts';

/**
 * Ranking a whole catalogue in one thread, over 64 different seeded requests, against the obvious scorer (objects,
 * ifs, one full sort) and against a limit that no scorer of every row can beat: reading each packed code once.
 */
const TRIPS = 10_000;
const LIMIT = 20;
const POOL = 50;
const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const exploration = { temperature: 3, epsilon: 0.02, poolSize: POOL };

export async function benchScore(): Promise<BenchRow[]> {
  const items = makeTrips(TRIPS, 1);
  const visits = makeVisits(64, 2);
  const visitAt = (i: number): Visit => visits[i & 63]!;
  const table = packItems(smarttrip.columns, items);
  const competing = rankable(table);
  const encode = (i: number) => encodeRequest(smarttrip, table, competing.rows, visitAt(i), NOW_MS);
  const compile = (i: number) =>
    compileScores(scorer, encoded[i & 63]!, competing.joined, competing.perRow, NOW_MS);
  const encoded = visits.map((_, i) => encode(i));
  const compiled = visits.map((_, i) => compile(i));

  const rankUs = medianUs(640, (i) =>
    rankSlate(scorer, competing, visitAt(i), { limit: LIMIT, seed: i, nowMs: NOW_MS, exploration }),
  );
  const encodeUs = medianUs(640, encode);
  const compileUs = medianUs(640, compile);
  const topUs = medianUs(640, (i) => topRows(compiled[i & 63]!, POOL));
  const trips = items.map(({ attributes }) => {
    return { ...attributes, departureMs: attributes.departure } as Trip;
  });
  const naiveUs = medianUs(8, (i) => rankObjects(trips, visitAt(i).preferences as Wishes), 5);
  const readUs = medianUs(640, () => sumOfCodes(table.columns.map(({ codes }) => codes)));

  return [
    { name: `rank ${TRIPS} trips`, value: rankUs, unit: 'µs' },
    { name: 'rank, per trip', value: (rankUs * 1000) / TRIPS, unit: 'ns' },
    { name: 'of which: encode', value: encodeUs, unit: 'µs' },
    { name: 'of which: compile', value: compileUs, unit: 'µs' },
    { name: `of which: best ${POOL}`, value: topUs, unit: 'µs' },
    {
      name: 'obvious scorer',
      value: naiveUs,
      unit: 'µs',
      ratio: naiveUs / rankUs,
      against: 'rank',
    },
    {
      name: 'read each code once',
      value: readUs,
      unit: 'µs',
      ratio: readUs / rankUs,
      against: 'rank',
    },
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

function sumOfCodes(columns: readonly (Uint16Array | Uint32Array)[]): number {
  let sum = 0;
  for (const codes of columns) for (let row = 0; row < codes.length; row++) sum += codes[row]!;
  return sum;
}

if (import.meta.main) {
  for (const { name, value, unit, ratio, against } of await benchScore()) {
    const compared = ratio === undefined ? '' : `  ${ratio.toFixed(2)} × ${against}`;
    console.log(`${name.padEnd(24)} ${value.toFixed(1).padStart(9)} ${unit}${compared}`);
  }
}
