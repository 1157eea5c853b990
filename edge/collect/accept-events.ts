import type { IdentityKey } from '../../shared/domain/identity.ts';
import type { GivenId } from '../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../shared/domain/placement.ts';
import { byReceiversClock, clockOffset } from '../../shared/domain/clock-offset.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import {
  MAX_EVENTS_PER_REQUEST,
  parseEvent,
  type FeedbackEvent,
} from '../../shared/domain/event.ts';
import { unknownFields } from '../../shared/domain/unknown-fields.ts';
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
  /** Events of a clock that was off, whose timestamps were corrected. */
  readonly corrected: number;
}

const FIELDS: ReadonlySet<string> = new Set(['events', 'sentAt']);

/**
 * Checks each event on its own: its fields, its token, and that the token is for the event's ranking and item, in the slot that
 * the event says. One bad event does not affect the others.
 * @param body a list of events, or `{events, sentAt}`: when they were sent by the clock that made their timestamps.
 * @throws ApiError 400 when the body is neither, 413 when the list is too long.
 */
export function acceptEvents(
  body: unknown,
  { tokenSecrets, identity }: Pick<Settings, 'tokenSecrets' | 'identity'>,
  nowMs: number,
): AcceptedEvents {
  const { list, sentAt } = readBody(body);
  if (list.length > MAX_EVENTS_PER_REQUEST) {
    throw new ApiError(
      413,
      'too_many_events',
      `send at most ${MAX_EVENTS_PER_REQUEST} events at a time, not ${list.length}`,
    );
  }
  const clockOffsetMs = clockOffset(sentAt, nowMs);
  const events: AcceptedEvents['events'][number][] = [];
  const rejected: Rejection[] = [];
  const verified = new Map<string, TokenClaims>();
  const claimsOf = (token: string) => {
    const known =
      verified.get(token) ?? keyed(verifyToken(token, tokenSecrets, nowMs), identity[0]);
    verified.set(token, known);
    return known;
  };
  list.forEach((raw, index) => {
    try {
      events.push({ index, event: collect(raw, claimsOf, nowMs, clockOffsetMs) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  });
  return { events, rejected, corrected: clockOffsetMs === 0 ? 0 : events.length };
}

function readBody(body: unknown): { readonly list: readonly unknown[]; readonly sentAt?: unknown } {
  if (Array.isArray(body)) return { list: body };
  if (typeof body === 'object' && body !== null) {
    const given = body as Record<string, unknown>;
    unknownFields(given, FIELDS);
    if (Array.isArray(given.events)) return { list: given.events, sentAt: given.sentAt };
  }
  throw invalid('the body must be a list of events, or {events, sentAt}');
}

function collect(
  raw: unknown,
  claimsOf: (token: string) => TokenClaims,
  nowMs: number,
  clockOffsetMs: number,
): CollectedEvent {
  const { token, ...event } = parseEvent(raw);
  const { rankingId, itemIds, sessionId, userId, placement, arm, pointerRevision, weights } =
    claimsOf(token);
  if (event.rankingId !== rankingId) {
    throw new ApiError(401, 'invalid_token', `the token is not of ranking ${event.rankingId}`);
  }
  if (event.itemId !== undefined && !itemIds.includes(event.itemId)) {
    throw invalid(`item ${event.itemId} was not shown in ranking ${rankingId}`);
  }
  checkPosition(event, itemIds);
  return {
    ...event,
    ...(clockOffsetMs !== 0 && {
      timestamp: byReceiversClock(event.timestamp, clockOffsetMs, 'timestamp'),
      clockOffsetMs,
    }),
    sessionId,
    ...(userId && { userId }),
    placement,
    ...(arm && { arm }),
    ...(pointerRevision && { pointerRevision }),
    weights,
    receivedAt: nowMs,
  };
}

/**
 * The token says which item is in which slot. A position that contradicts it is refused and not corrected: it shows that the page
 * takes items, slots or rankings for others, which would be wrong in more than this field, and its makers must learn of it.
 */
function checkPosition(
  { itemId, position }: Pick<FeedbackEvent, 'itemId' | 'position'>,
  itemIds: TokenClaims['itemIds'],
): void {
  if (position === undefined) return;
  if (itemId === undefined) {
    if (position <= itemIds.length) return;
    throw invalid(
      `position must be 1 to ${itemIds.length}, as the ranking has no more items, but was ${position}`,
    );
  }
  const slot = itemIds.indexOf(itemId) + 1;
  if (position !== slot)
    throw invalid(
      `item ${itemId} is at position ${slot} of its ranking, but the event says ${position}: send that, or no position`,
    );
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
