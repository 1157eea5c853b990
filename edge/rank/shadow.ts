import type { Shadow } from '../../shared/domain/decision.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { placeOf } from '../../shared/explore/assign.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { Contest } from './contest.ts';

/**
 * What the version in shadow would have shown, to be worked out after the answer; undefined where it is not asked for:
 * outside of its share of the sessions, or where its schema is not that of the items that competed.
 */
export function shadowOf(
  { plan, table, serving }: Contest,
  asked: RankRequest,
  { seed, nowMs }: { seed: number; nowMs: number },
): (() => Shadow) | undefined {
  const [scorer, share] = [plan?.traffic.shadow, plan?.pointer.shadow?.share ?? 0];
  if (scorer === undefined || scorer.schema.hash !== serving.weights.scorer.schema.hash)
    return undefined;
  const { version, exploration } = scorer;
  // The version is the salt: while the share grows, the sessions in it stay, and no two shadows have the same ones.
  if (placeOf(version, 'traffic', asked.sessionId) >= share) return undefined;
  return () => {
    const { limit } = asked;
    const { ids } = rankSlate(scorer, table, asked, { limit, seed, nowMs, exploration });
    return { version, itemIds: ids };
  };
}
