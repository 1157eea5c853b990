import type { Shadow } from '../../shared/domain/decision.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { hashToUnitInterval, type Visitor } from '../../shared/explore/assign.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { DrawOptions } from './draw-slate.ts';
import type { RankingInput } from './ranking-input.ts';

/**
 * Prepares shadow scoring: the returned function computes which slate the version in shadow would have shown, and is
 * called after the response is sent.
 * @returns undefined when the session is outside the shadow's
 * share, or the version has another schema than the items.
 */
export function shadowScoringOf(
  { plan, table, config }: RankingInput,
  request: RankRequest,
  { sessionId }: Visitor,
  options: DrawOptions,
): (() => Shadow) | undefined {
  const [scorer, share] = [plan?.experiments.shadow, plan?.pointer.shadow?.share ?? 0];
  if (scorer === undefined || scorer.schema.hash !== config.weights.scorer.schema.hash)
    return undefined;
  const { version, exploration } = scorer;
  // With the version as the salt, sessions stay in the share while it grows, and each shadow has its own sessions.
  if (hashToUnitInterval(version, 'traffic', sessionId) >= share) return undefined;
  return () => {
    const { limit } = request;
    const { ids } = rankSlate(scorer, table, request, { ...options, limit, exploration });
    return { version, itemIds: ids };
  };
}
