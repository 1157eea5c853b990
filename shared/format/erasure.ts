import type { RankingId, SessionId, Version } from '../domain/ids.ts';
import type { Placement } from '../domain/placement.ts';

/** Of rankings whose sessions are erased at once: more than a device keeps. */
export const MAX_TOKENS = 200;

/** That a visitor wants what was logged of a session erased. It stands among the events of a batch. */
export interface Erasure {
  readonly type: typeof ERASURE;
  /** Keyed. */
  readonly sessionId: SessionId;
  /** Epoch ms, by the edge's clock. */
  readonly receivedAt?: number;
}

const ERASURE = 'erase';

/**
 * As it is stored at the edge and shipped. It has all fields of an event, so that a backend from before there were erasures takes it
 * for one of an odd type, which no reader counts.
 */
export const erasureJson = (
  {
    rankingId,
    sessionId,
    placement,
    weights,
  }: {
    readonly rankingId: RankingId;
    readonly sessionId: SessionId;
    readonly placement?: Placement;
    readonly weights: Version;
  },
  nowMs: number,
): string =>
  JSON.stringify({
    eventId: ERASURE,
    type: ERASURE,
    rankingId,
    timestamp: nowMs,
    sessionId,
    placement,
    weights,
    receivedAt: nowMs,
  });

export const isErasure = (event: { readonly type: string }): event is Erasure =>
  event.type === ERASURE;
