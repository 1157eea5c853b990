import type { ExplorationSpec } from '../../../../shared/domain/exploration.ts';
import type { RankRequest } from '../../../../shared/domain/rank-request.ts';
import { codesOf } from '../../../../shared/features/encode.ts';
import { candidateTable } from '../../../../shared/score/candidate-table.ts';
import { competing } from '../../../../shared/score/filter/allowed-rows.ts';
import { drawnBy } from '../../../../shared/score/rank.ts';
import { poolOf } from '../../../../shared/score/pool.ts';
import type { RankableTable } from '../../../../shared/score/rankable.ts';
import type { Scorer } from '../../../../shared/score/scorer.ts';
import type { LoggedSlate, SlatePool } from '../../learn/logged-slate.ts';
import { poolProbabilities } from './policy-probabilities.ts';

/** Between a propensity that was logged and the same one computed again. */
const SAME = 1e-9;

/**
 * What competed for the only slot of a ranking: the pools of the champion, which drew it, and of a challenger. Both are ranked
 * again from the request, among the candidates that it sent or else the whole catalogue.
 * Where the champion raised what is little known, its pool is that of the logged seed, and what others would have seen is
 * outside of it: of those items this ranking tells nothing, while another ranking's draw may have held them. The challenger's
 * pool is by its scores alone: that is the policy which is estimated.
 * Only what the request's filters allow competes, for either; what it excluded is not logged without consent, and then the number of items
 * that were left says whether there was such.
 * @param table the catalogue of now. @returns undefined where it is not known any more: the champion's pool must give the
 * shown item the codes and the propensity that were logged, or the catalogue or the weights were others at the time.
 */
export function knownPool(
  slate: Pick<LoggedSlate, 'at' | 'consent' | 'itemIds' | 'codes' | 'propensities' | 'draw'>,
  { request, allowed }: { readonly request: RankRequest; readonly allowed: number | null },
  table: RankableTable,
  champion: Scorer,
  challenger: Scorer,
): SlatePool | undefined {
  const { candidates, limit } = request;
  const from =
    candidates === undefined ? table : candidateTable(champion.schema, candidates, table);
  if (slate.consent === 'none' && allowed !== null && allowed !== competing(from, request))
    return undefined;
  const seed = slate.draw?.seed ?? 0;
  const poolBy = (scorer: Scorer, exploration: ExplorationSpec) =>
    poolOf(scorer, from, request, { limit, nowMs: slate.at, exploration, seed });
  const exploration = slate.draw ?? champion.exploration;
  const pool = poolBy(champion, exploration);
  const { encoded, best } = pool;
  const row = from.rows.get(slate.itemIds[0]);
  const at = best.findIndex((one) => one.row === row);
  if (at < 0) return undefined;
  const points = drawnBy(pool);
  const [propensity] = poolProbabilities(points, [at], exploration);
  if (Math.abs(propensity - slate.propensities[0]) > SAME) return undefined;
  const { optimism: _, ...byScore } = challenger.exploration;
  const others = poolBy(challenger, byScore).best.map((one) => one.row);
  const rows = [...new Set([...best.map((one) => one.row), ...others])];
  const codes = codesOf(encoded, rows);
  const features = champion.schema.features.length;
  return slate.codes.every((code, f) => code === codes[at * features + f])
    ? { codes, shown: [at] }
    : undefined;
}
