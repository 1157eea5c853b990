import type { Consent } from '../../shared/domain/consent.ts';

/** A ranking that somebody was shown. */
export interface ShownRanking {
  readonly rankingId: string;
  readonly atMs: number;
  /** As the site gave them. */
  readonly sessionId: string;
  readonly userId: string | undefined;
  readonly consent: Consent;
  readonly token: string;
  /** When the isolate that answered ended; undefined while it has not. */
  readonly isolate: { readonly endedAtMs: number | undefined };
}

/** An event that the edge said it has. */
export interface AcknowledgedEvent {
  readonly rankingId: string;
  readonly eventId: string;
  readonly atMs: number;
}

/** What the outside knows of the system by what it was answered: what is checked is checked against this. */
export class Ledger {
  readonly rankings = new Map<string, ShownRanking>();
  readonly rankingOfToken = new Map<string, ShownRanking>();
  readonly events = new Map<string, AcknowledgedEvent>();
  /** All that were ever sent, acknowledged or not. */
  readonly sentEvents = new Set<string>();
  /** Sessions whose erasure was acknowledged, and since when, simulated ms. */
  readonly forgottenSessions = new Map<string, number>();
  /** Users whose deletion was carried out. */
  readonly deletedUsers = new Map<string, number>();
  /** Whose deletion was asked for, whatever was answered. */
  readonly maybeDeletedUsers = new Set<string>();
  readonly maybeForgottenSessions = new Set<string>();

  /** By ranking, which events were sent in requests that were answered, and how many of them the edge said were new. */
  readonly accepted = new Map<string, { readonly sent: Set<string>; readonly accepted: number }>();

  acceptedOf(rankingId: string) {
    return this.accepted.get(rankingId) ?? { sent: new Set<string>(), accepted: 0 };
  }

  shown(ranking: ShownRanking): void {
    this.rankings.set(ranking.rankingId, ranking);
    this.rankingOfToken.set(ranking.token, ranking);
  }

  /** Whether rows of a ranking may be gone because somebody asked for it. */
  mayBeErased({ sessionId, userId }: ShownRanking): boolean {
    return userId === undefined
      ? this.maybeForgottenSessions.has(sessionId) || this.sharesUser(sessionId)
      : this.maybeDeletedUsers.has(userId);
  }

  /** Users of each session: what a deleted user did in it before they logged in is theirs. */
  readonly usersOfSession = new Map<string, Set<string>>();

  sharesUser(sessionId: string): boolean {
    const users = this.usersOfSession.get(sessionId);
    return users !== undefined && !users.isDisjointFrom(this.maybeDeletedUsers);
  }
}
