import type { RankRequest } from '../../../shared/domain/rank-request.ts';
import { candidateTable } from '../../../shared/score/candidate-table.ts';
import { poolOf } from '../../../shared/score/pool.ts';
import type { RankableTable } from '../../../shared/score/rankable.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';

/** The part of a logged request that the ranking depended on. */
export interface LoggedRequest {
  readonly request: RankRequest;
  /** When it was ranked, epoch ms. */
  readonly at: number;
}

/** How much of what a challenger would show the champion's log can tell of. */
export interface Cover {
  /** Of the challenger's top k: the share that the champion could have shown; mean over requests, 0..1. */
  readonly share: number;
  readonly requests: number;
  /** Mean over requests: of a small catalogue or candidate list it may be less than what was asked for. */
  readonly k: number;
}

const BY_SCORE = { temperature: 0, epsilon: 0, poolSize: 1 };

/**
 * What share of a challenger's top k, k being the limit that was asked for, lies in the pool from which the champion draws
 * its slates; a champion that raises what is little known has another pool in each ranking, and one is drawn for each request. Inside of it every item has a propensity of at least ε/pool at each slot, outside of it one of 0: an estimate
 * from the champion's log is then blind to it (overlap, or common support: Rosenbaum & Rubin, 1983).
 * Requests that sent their own candidates are covered within these.
 * @param table the catalogue by the schema of both. @returns undefined where no request has anything to rank.
 */
export function coverOf(
  champion: Scorer,
  challenger: Scorer,
  table: RankableTable,
  requests: readonly LoggedRequest[],
): Cover | undefined {
  let [used, shares, ks] = [0, 0, 0];
  for (const [seed, { request, at: nowMs }] of requests.entries()) {
    const { limit, candidates } = request;
    const from =
      candidates === undefined ? table : candidateTable(champion.schema, candidates, table);
    const rowsOf = (scorer: Scorer, exploration: Scorer['exploration']) =>
      poolOf(scorer, from, request, { limit, nowMs, exploration, seed }).best.map(({ row }) => row);
    const top = rowsOf(challenger, BY_SCORE);
    if (top.length === 0) continue;
    const pool = new Set(rowsOf(champion, champion.exploration));
    used++;
    ks += top.length;
    shares += top.filter((row) => pool.has(row)).length / top.length;
  }
  return used === 0 ? undefined : { share: shares / used, requests: used, k: ks / used };
}
