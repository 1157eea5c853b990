import { beginNewest, newest } from '../../shared/memory/newest.ts';
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
import type { ShownItems } from '../../shared/domain/shown-items.ts';
import { verifyToken, type TokenClaims, type VerifiedToken } from '../../shared/domain/token.ts';
import type { CollectedEvent } from '../../shared/format/ingest-bytes.ts';
import type { Settings } from '../platform/settings.ts';

export interface Rejection {
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
  beginNewest(false);
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
  const verified = new Map<string, VerifiedToken>();
  const read = (token: string): VerifiedToken => {
    const { claims, shown } = verifyToken(token, tokenSecrets, nowMs);
    return { claims: keyed(claims, identity[0]), shown };
  };
  const verifiedOf = (token: string) => {
    const known = verified.get(token) ?? read(token);
    verified.set(token, known);
    return known;
  };
  list.forEach((raw, index) => {
    try {
      events.push({ index, event: collect(raw, verifiedOf, nowMs, clockOffsetMs) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  });
  newest.events = [list.at(-1), [...verified.values()].at(-1), events.at(-1)];
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
  verifiedOf: (token: string) => VerifiedToken,
  nowMs: number,
  clockOffsetMs: number,
): CollectedEvent {
  const { token, ...event } = parseEvent(raw);
  const { claims, shown } = verifiedOf(token);
  const { rankingId, sessionId, userId, placement, arm, pointerRevision, weights } = claims;
  if (event.rankingId !== rankingId) {
    throw new ApiError(401, 'invalid_token', `the token is not of ranking ${event.rankingId}`);
  }
  if (event.itemId !== undefined && shown.positionOf(event.itemId) === undefined) {
    throw invalid(`item ${event.itemId} was not shown in ranking ${rankingId}`);
  }
  checkPosition(event, shown);
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
  shown: ShownItems,
): void {
  if (position === undefined) return;
  if (itemId === undefined) {
    if (position <= shown.count) return;
    throw invalid(
      `position must be 1 to ${shown.count}, as the ranking has no more items, but was ${position}`,
    );
  }
  if (!shown.isAt(itemId, position))
    throw invalid(
      `item ${itemId} is at position ${shown.positionOf(itemId)} of its ranking, but the event says ${position}: send that, or no position`,
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
