import { MAX_VALUE } from '../../../shared/domain/event.ts';
import type { Filters } from './settings.ts';

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
}

/** Why an event does not count. The first three speak against its session. */
export type EventFault =
  | 'not_in_slate'
  | 'before_ranking'
  | 'clock_skew'
  | 'impossible_value'
  | 'late'
  | 'duplicate'
  | 'after_close';

/** '' where it counts. */
export type EventVerdict = EventFault | '';

export interface JudgedRanking {
  /** Epoch ms by the edge's clock. */
  readonly at: number;
  readonly itemIds: readonly string[];
}

/**
 * Which of a ranking's events count, in the order in which they are given. The edge's clock made both `at` and `receivedAt`,
 * so they may be compared; the visitor's own clock is believed within `maxClockSkewMs`.
 *
 * Double clicks: what says the same as an event that counts, at most `duplicateWithinMs` later by the visitor's clock, is a
 * duplicate. The visitor's clock orders them, and the id where it ticks too coarsely, so that the order of arrival does not
 * matter; and each is held against the last one that counted, so that four clicks 800 ms apart are two.
 */
export function judgeEvents(
  ranking: JudgedRanking,
  events: readonly LoggedEvent[],
  attributionMs: number,
  filters: Filters,
): EventVerdict[] {
  const verdicts = events.map(
    (event): EventVerdict => faultOf(ranking, event, attributionMs, filters) ?? '',
  );
  const { duplicateWithinMs } = filters;
  if (!(duplicateWithinMs > 0) || events.length < 2) return verdicts;
  const inOrder = events
    .map((_, i) => i)
    .filter((i) => verdicts[i] === '')
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
    if (before !== undefined && timestamp - before <= duplicateWithinMs) verdicts[i] = 'duplicate';
    else counted.set(said, timestamp);
  }
  return verdicts;
}

function faultOf(
  ranking: JudgedRanking,
  { itemId, value, timestamp, receivedAt }: LoggedEvent,
  attributionMs: number,
  { maxClockSkewMs: skewMs }: Filters,
): EventFault | undefined {
  if (itemId !== null && !ranking.itemIds.includes(itemId)) return 'not_in_slate';
  // From before the edge refused it: beyond all sums, it would leave no report of any metric.
  if (value !== null && Math.abs(value) > MAX_VALUE) return 'impossible_value';
  if (skewMs > 0) {
    if (receivedAt < ranking.at - skewMs || timestamp < ranking.at - skewMs)
      return 'before_ranking';
    if (timestamp > receivedAt + skewMs) return 'clock_skew';
  }
  return receivedAt > ranking.at + attributionMs ? 'late' : undefined;
}
