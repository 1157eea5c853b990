import { setImmediate } from 'node:timers/promises';
import { wishesOf } from './wishes.ts';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import type { RankableTable } from '../../../shared/score/rankable.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { show } from '../hidden-taste.ts';
import { EMPTY, figuresOf, plus, type Figures } from './outcome.ts';
import type { Taste } from './taste.ts';

/** Visits that are in no log. */
export interface FreshVisits {
  readonly table: RankableTable;
  readonly visits: readonly Visit[];
  readonly nowMs: number;
}

export const freshVisits = (
  table: RankableTable,
  count: number,
  seed: number,
  nowMs: number,
): FreshVisits => ({
  table,
  visits: wishesOf(count, seed).map((preferences) => ({ preferences, context: {}, recent: [] })),
  nowMs,
});

/**
 * What visitors of a taste do on average with what a scorer shows them, without the chance of their clicks. Every scorer
 * gets the same visits and the same random numbers. @param explores as it serves; else the best by its scores.
 */
export async function trueValue(
  scorer: Scorer,
  taste: Taste,
  { table, visits, nowMs }: FreshVisits,
  { explores = true } = {},
): Promise<Figures> {
  let sum = EMPTY;
  for (const [i, visit] of visits.entries()) {
    const { codes, ids } = show(scorer, table, visit, { seed: i + 1, nowMs, explores });
    sum = plus(sum, { ...EMPTY, rankings: 1, expected: taste.expected(codes, ids.length) });
    // Visitors who come meanwhile are in the same process.
    if (i % AT_A_TIME === AT_A_TIME - 1) await setImmediate();
  }
  return figuresOf(sum.expected, sum.rankings);
}

const AT_A_TIME = 5;
