import type { SessionExclusionReason, SessionFacts } from './classify-session.ts';

/** A session on a UTC day, by the day's first millisecond. */
export interface SessionDayKey {
  readonly sessionId: string;
  readonly day: number;
}

export const keyOf = ({ sessionId, day }: SessionDayKey): string => `${day} ${sessionId}`;

/** What one session did on one day. */
export interface SessionDay extends SessionDayKey {
  /** Its first ranking of the day, epoch ms. */
  readonly firstAt: number;
  /** Each user who was logged in, with the first ranking as that user. */
  readonly users: ReadonlyMap<string, number>;
  readonly facts: SessionFacts;
  /** Why it is a bot, before the dwell rule. */
  readonly ownFault: SessionExclusionReason | null;
  /** 0 where it is a bot, before the dwell rule. */
  readonly clickedItems: number;
  readonly dwells: number;
}
