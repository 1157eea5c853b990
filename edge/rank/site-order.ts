import type { Shadow } from '../../shared/domain/decision.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { competing } from '../../shared/score/filter/allowed-rows.ts';
import { slateInGivenOrder } from '../../shared/score/given-order.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { DrawnSlate } from './draw-slate.ts';
import type { RankingInput } from './ranking-input.ts';

/** The first candidates, in the order given. Its log says that nothing was left to chance. */
export function keepSiteOrder(
  { config: { weights }, table }: RankingInput,
  request: RankRequest,
  nowMs: number,
): DrawnSlate {
  const { limit } = request;
  return {
    slate: slateInGivenOrder(weights.scorer, table, request, { limit, nowMs }),
    exploration: AS_GIVEN,
  };
}

const AS_GIVEN = { temperature: 0, epsilon: 0, poolSize: 1 };

/** What the champion would have shown without exploring: it is scored after the answer, and agreement is read from its log. */
export function championsSlateOf(
  { config: { weights }, table }: RankingInput,
  request: RankRequest,
  { seed, nowMs }: { readonly seed: number; readonly nowMs: number },
): () => Shadow {
  const { scorer } = weights;
  return () => {
    const { limit } = request;
    const { ids } = rankSlate(scorer, table, request, {
      limit,
      seed,
      nowMs,
      exploration: AS_GIVEN,
    });
    return { version: scorer.version, itemIds: ids };
  };
}

/**
 * Whether a ranking counts in the comparison of the two orders. Nothing of it depends on the arm, so that visitors of both stay
 * comparable: of one candidate there is one order, and where what is live is not certain, neither is the share.
 */
export const isComparable = ({ table, degraded }: RankingInput, request: RankRequest): boolean =>
  !degraded && competing(table, request) > 1;
