import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../shared/explore/random.ts';
import { rank } from './client.ts';
import type { System } from './system.ts';

export interface SentEvent {
  readonly eventId: string;
  readonly type: string;
  readonly rankingId: string;
  readonly itemId: string;
  readonly value: number;
}

/** What visitors did so far, by their own account. */
export interface Load {
  /** Rankings that were answered, by id, each with its token. */
  readonly ranked: ReadonlyMap<string, string>;
  /** Events by id: those that a 202 took, and all that were ever sent. */
  readonly accepted: ReadonlyMap<string, SentEvent>;
  readonly sent: ReadonlyMap<string, SentEvent>;
}

export interface LoadOptions {
  readonly visitors?: number;
  /** Told how long each answered ranking took, in ms. */
  readonly onRanked?: (ms: number) => void;
}

const PAUSE_MS = 120;

/**
 * Visitors rank and send events for as long as the script runs, and end what they began. Events that were not
 * acknowledged are sent again, the same ones, as a client does whose connection broke.
 * @throws what went wrong with a visitor, but for servers being away, or with the script.
 */
export async function underLoad(
  system: System,
  seed: number,
  script: (soFar: Load) => Promise<void>,
  { visitors: count = 3, onRanked }: LoadOptions = {},
): Promise<Load> {
  const random = seededRandom(seed);
  const ranked = new Map<string, string>();
  const accepted = new Map<string, SentEvent>();
  const sent = new Map<string, SentEvent>();
  const state = { isOver: false };

  const visit = async (sessionId: string) => {
    const ranking = await whileAway(
      async () => {
        const askedMs = performance.now();
        const answer = await rank(system, { sessionId, limit: 8 });
        onRanked?.(performance.now() - askedMs);
        return answer;
      },
      () => state.isOver,
    );
    if (ranking === undefined) return;
    const { rankingId, token } = ranking;
    ranked.set(rankingId, token);
    const events = ['click', 'dwell', 'save']
      .slice(0, 1 + Math.floor(random() * 3))
      .map((type) => ({
        eventId: randomUUID(),
        type,
        rankingId,
        itemId: ranking.items[Math.floor(random() * ranking.items.length)].id,
        value: Math.floor(random() * 1000),
      }));
    for (const event of events) sent.set(event.eventId, event);
    const body = events.map((event) => ({ ...event, timestamp: Date.now(), token }));
    const isTaken = await whileAway(
      () => send(system, body),
      () => state.isOver,
    );
    if (isTaken) for (const event of events) accepted.set(event.eventId, event);
  };
  const visitor = async (number: number) => {
    for (let visits = 0; !state.isOver; visits++) {
      await visit(`load-${number}-${visits}`);
      await sleep(PAUSE_MS * random());
    }
  };
  const load = { ranked, accepted, sent };
  const visitors = Promise.all(Array.from({ length: count }, (_, i) => visitor(i)));
  try {
    // Visitors end of themselves only by failing.
    await Promise.race([script(load), visitors]);
  } finally {
    state.isOver = true;
    await visitors;
  }
  return load;
}

/** @throws Error unless the events were taken, every one. */
async function send({ edge, keys }: System, body: readonly object[]): Promise<true> {
  const answer = await edge.ask('/v1/events', { key: keys.publishableKey, body });
  const { rejected } = answer.json<{ rejected?: readonly { code: string }[] }>();
  const retry = answer.status === 503 || rejected?.some(({ code }) => code === 'unavailable');
  if (retry === true) throw new TypeError('the events could not be stored');
  if (answer.status === 202 && rejected?.length === 0) return true;
  throw new Error(`events were answered ${answer.status}: ${answer.text}`);
}

/** Tries until it works; a broken connection is a TypeError. @returns undefined if told to give up before. */
export async function whileAway<T>(
  attempt: () => Promise<T>,
  givesUp: () => boolean,
): Promise<T | undefined> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (givesUp()) return undefined;
      await sleep(PAUSE_MS);
    }
  }
}
