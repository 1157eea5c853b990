interface Touch {
  readonly userId: string;
  readonly sessionId: string;
  readonly itemId: string;
  readonly click: boolean;
}

/**
 * What all users did with an item before this second. An interaction counts only from the next second on, so that no
 * row can see itself, another row of the same second, or the future.
 */
export class PopularitySoFar {
  readonly #touchedBy = new Map<string, Set<string>>();
  readonly #clicks = new Map<string, Map<string, number>>();
  #waiting: Touch[] = [];
  #seconds = Number.NEGATIVE_INFINITY;

  /** @param seconds must not go backwards. */
  advanceTo(seconds: number): void {
    if (seconds < this.#seconds)
      throw new Error(`rows must come in order of time: ${seconds} after ${this.#seconds}`);
    if (seconds === this.#seconds) return;
    this.#seconds = seconds;
    for (const touch of this.#waiting) this.#count(touch);
    this.#waiting = [];
  }

  take(touch: Touch): void {
    this.#waiting.push(touch);
  }

  /** How many other users interacted with the item. */
  popularity(itemId: string, userId: string): number {
    const users = this.#touchedBy.get(itemId);
    return users === undefined ? 0 : users.size - Number(users.has(userId));
  }

  /** How often the user clicked the item in other sessions. */
  earlierClicks(itemId: string, userId: string, sessionId: string): number {
    const sessions = this.#clicks.get(`${userId} ${itemId}`);
    let clicks = 0;
    for (const [session, count] of sessions ?? []) if (session !== sessionId) clicks += count;
    return clicks;
  }

  #count({ userId, sessionId, itemId, click }: Touch): void {
    const users = this.#touchedBy.get(itemId) ?? new Set();
    this.#touchedBy.set(itemId, users.add(userId));
    if (!click) return;
    const key = `${userId} ${itemId}`;
    const sessions = this.#clicks.get(key) ?? new Map<string, number>();
    this.#clicks.set(key, sessions.set(sessionId, (sessions.get(sessionId) ?? 0) + 1));
  }
}
