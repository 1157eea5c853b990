import { MAX_VALUE } from '../../../shared/domain/event.ts';
import type { Filters } from './filters.ts';

export interface LoggedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly itemId: string | null;
  readonly value: number | null;
  /** JSON as it came, of types that say by it what happened. */
  readonly properties?: string | null;
  /** Epoch ms by the visitor's clock, and by the edge's. */
  readonly timestamp: number;
  readonly receivedAt: number;
  /** The line of an order that it was made of, where it was: the site's server told it, and not a page. */
  readonly orderLine?: string | null;
  /** The row id of the event of the same order that counts in its place, where one does. */
  readonly correctedBy?: number | null;
}

/** Why an event does not count. The first three also count as invalid events of its session. */
export type EventExclusionReason =
  | 'not_in_slate'
  | 'before_ranking'
  | 'clock_skew'
  | 'impossible_value'
  | 'late'
  | 'duplicate'
  /** A line of the same order counts in its place. */
  | 'corrected'
  /** Its ranking has more events than are looked at. */
  | 'too_many_events'
  | 'after_close';

/** '' where it counts. */
export type EventStatus = EventExclusionReason | '';

export interface ShownRanking {
  /** Epoch ms by the edge's clock. */
  readonly at: number;
  readonly itemIds: readonly string[];
  /** How many items, where that is known without their ids. */
  readonly shown?: number;
}

/**
 * Which of a ranking's events count, in the order in which they are given. The edge's clock made both `at` and `receivedAt`,
 * so they may be compared; the visitor's own clock may differ from it by `maxClockSkewMs`.
 *
 * Double clicks: what says the same as an event that counts, at most `duplicateWithinMs` later by the visitor's clock, is a
 * duplicate. The visitor's clock orders them, and the id where it ticks too coarsely, so that the order of arrival does not
 * matter; and each is compared with the last one that counted, so that four clicks 800 ms apart are two. Lines of orders have ids of
 * their own, and are never duplicates.
 */
export function classifyEvents(
  ranking: ShownRanking,
  events: readonly LoggedEvent[],
  attributionMs: number,
  filters: Filters,
): EventStatus[] {
  const statuses = events.map(
    (event): EventStatus => reasonOf(ranking, event, attributionMs, filters) ?? '',
  );
  markDuplicates(events, statuses, filters);
  for (const [i, { correctedBy = null }] of events.entries())
    if (correctedBy !== null && statuses[i] === '') statuses[i] = 'corrected';
  return statuses;
}

function markDuplicates(
  events: readonly LoggedEvent[],
  statuses: EventStatus[],
  { duplicateWithinMs }: Filters,
): void {
  if (!(duplicateWithinMs > 0) || events.length < 2) return;
  const inOrder = events
    .map((_, i) => i)
    .filter((i) => statuses[i] === '' && (events[i].orderLine ?? null) === null)
    .toSorted(
      (a, b) =>
        events[a].timestamp - events[b].timestamp ||
        (events[a].eventId < events[b].eventId ? -1 : 1),
    );
  const counted = new Map<string, number>();
  for (const i of inOrder) {
    const { type, itemId, value, properties, timestamp } = events[i];
    const said = JSON.stringify([type, itemId, value, properties]);
    const before = counted.get(said);
    if (before !== undefined && timestamp - before <= duplicateWithinMs) statuses[i] = 'duplicate';
    else counted.set(said, timestamp);
  }
}

function reasonOf(
  ranking: ShownRanking,
  { itemId, value, timestamp, receivedAt }: LoggedEvent,
  attributionMs: number,
  { maxClockSkewMs: skewMs }: Filters,
): EventExclusionReason | undefined {
  if (itemId !== null && !ranking.itemIds.includes(itemId)) return 'not_in_slate';
  // Logged before the edge refused such values: one of them would make every sum useless.
  if (value !== null && Math.abs(value) > MAX_VALUE) return 'impossible_value';
  if (skewMs > 0) {
    if (receivedAt < ranking.at - skewMs || timestamp < ranking.at - skewMs)
      return 'before_ranking';
    if (timestamp > receivedAt + skewMs) return 'clock_skew';
  }
  return receivedAt > ranking.at + attributionMs ? 'late' : undefined;
}
