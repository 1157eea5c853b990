import type { Decision } from '../../shared/domain/decision.ts';
import type { IdentityKey } from '../../shared/domain/identity.ts';
import { NO_SESSION } from '../../shared/domain/ids.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { Visitor } from '../../shared/explore/assign.ts';

/** Who a ranking is for. */
export interface RankedVisitor {
  /** Decides the arms of experiments, by the ids that the site gave: they stay the same when the key changes. Never stored. */
  readonly assigned: Visitor;
  /** What the log says of the visitor. */
  readonly logged: Pick<Decision, 'sessionId' | 'userId'>;
}

/** Without consent only the id of the page, or a random one, decides the arms, and nothing of the visitor is logged. */
export function visitorOf(
  { consent, sessionId, userId }: RankRequest,
  key: IdentityKey,
): RankedVisitor {
  if (consent === 'none' || sessionId === undefined)
    return {
      assigned: { sessionId: sessionId ?? crypto.randomUUID() },
      logged: { sessionId: NO_SESSION },
    };
  return {
    assigned: { sessionId, ...(userId !== undefined && { userId }) },
    logged: {
      sessionId: key.sessionId(sessionId),
      ...(userId !== undefined && { userId: key.userId(userId) }),
    },
  };
}
