import type { RankRequest } from '../../../../shared/domain/rank-request.ts';
import { codesOf } from '../../../../shared/features/encode.ts';
import { candidateTable } from '../../../../shared/score/candidate-table.ts';
import { poolOf, type RankableTable } from '../../../../shared/score/rank.ts';
import { toPoints, type Scorer } from '../../../../shared/score/scorer.ts';
import type { LoggedSlate, SlatePool } from '../../learn/logged-slate.ts';
import { poolProbabilities } from './policy-probabilities.ts';

/** Between a propensity that was logged and the same one computed again. */
const SAME = 1e-9;

/**
 * What competed for the only slot of a ranking: the pools of the champion, which drew it, and of a challenger. Both are ranked
 * again from the request, among the candidates that it sent or else the whole catalogue.
 * @param table the catalogue of now. @returns undefined where it is not known any more: the champion's pool must give the
 * shown item the codes and the propensity that were logged, or the catalogue or the weights were others at the time.
 */
export function knownPool(
  slate: Pick<LoggedSlate, 'at' | 'itemIds' | 'codes' | 'propensities' | 'draw'>,
  request: RankRequest,
  table: RankableTable,
  champion: Scorer,
  challenger: Scorer,
): SlatePool | undefined {
  const { candidates, limit } = request;
  const from =
    candidates === undefined ? table : candidateTable(champion.schema, candidates, table);
  const poolBy = (scorer: Scorer, exploration = scorer.exploration) =>
    poolOf(scorer, from, request, { limit, nowMs: slate.at, exploration });
  const exploration = slate.draw ?? champion.exploration;
  const { encoded, best } = poolBy(champion, exploration);
  const row = from.rows.get(slate.itemIds[0]);
  const at = best.findIndex((one) => one.row === row);
  if (at < 0) return undefined;
  const points = best.map(({ units }) => toPoints(units));
  const [propensity] = poolProbabilities(points, [at], exploration);
  if (Math.abs(propensity - slate.propensities[0]) > SAME) return undefined;
  const others = poolBy(challenger).best.map((one) => one.row);
  const rows = [...new Set([...best.map((one) => one.row), ...others])];
  const codes = codesOf(encoded, rows);
  const features = champion.schema.features.length;
  return slate.codes.every((code, f) => code === codes[at * features + f])
    ? { codes, shown: [at] }
    : undefined;
}
