import type { IdentityKey } from '../../shared/domain/identity.ts';
import type { GivenId } from '../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../shared/domain/placement.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { MAX_EVENTS_PER_REQUEST, parseEvent } from '../../shared/domain/event.ts';
import { verifyToken, type TokenClaims } from '../../shared/domain/token.ts';
import type { CollectedEvent } from '../../shared/format/ingest-bytes.ts';
import type { Settings } from '../platform/settings.ts';

interface Rejection {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

export interface AcceptedEvents {
  /** Each event with its index in the request, and with what its token says about the ranking. */
  readonly events: readonly { readonly index: number; readonly event: CollectedEvent }[];
  readonly rejected: Rejection[];
}

/**
 * Checks each event on its own: its fields, its token, and that the token is for the event's ranking and item. One
 * bad event does not affect the others.
 * @throws ApiError 400 when the body is not a list, 413 when the list is too long.
 */
export function acceptEvents(
  body: unknown,
  { tokenSecrets, identity }: Pick<Settings, 'tokenSecrets' | 'identity'>,
  nowMs: number,
): AcceptedEvents {
  if (!Array.isArray(body)) throw invalid('the body must be a list of events');
  if (body.length > MAX_EVENTS_PER_REQUEST) {
    throw new ApiError(
      413,
      'too_many_events',
      `send at most ${MAX_EVENTS_PER_REQUEST} events at a time, not ${body.length}`,
    );
  }
  const events: AcceptedEvents['events'][number][] = [];
  const rejected: Rejection[] = [];
  const verified = new Map<string, TokenClaims>();
  const claimsOf = (token: string) => {
    const known =
      verified.get(token) ?? keyed(verifyToken(token, tokenSecrets, nowMs), identity[0]);
    verified.set(token, known);
    return known;
  };
  body.forEach((raw, index) => {
    try {
      events.push({ index, event: collect(raw, claimsOf, nowMs) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  });
  return { events, rejected };
}

function collect(
  raw: unknown,
  claimsOf: (token: string) => TokenClaims,
  nowMs: number,
): CollectedEvent {
  const { token, ...event } = parseEvent(raw);
  const { rankingId, itemIds, sessionId, userId, placement, arm, weights } = claimsOf(token);
  if (event.rankingId !== rankingId) {
    throw new ApiError(401, 'invalid_token', `the token is not of ranking ${event.rankingId}`);
  }
  if (event.itemId !== undefined && !itemIds.includes(event.itemId)) {
    throw invalid(`item ${event.itemId} was not shown in ranking ${rankingId}`);
  }
  return {
    ...event,
    sessionId,
    ...(userId && { userId }),
    placement,
    ...(arm && { arm }),
    weights,
    receivedAt: nowMs,
  };
}

/** Tokens from before there were placements state ids as the site gave them. */
function keyed(claims: TokenClaims, key: IdentityKey): TokenClaims {
  if (claims.placement !== undefined) return claims;
  const { sessionId, userId } = claims as unknown as { sessionId: GivenId; userId?: GivenId };
  return {
    ...claims,
    sessionId: key.sessionId(sessionId),
    ...(userId && { userId: key.userId(userId) }),
    placement: DEFAULT_PLACEMENT,
  };
}
