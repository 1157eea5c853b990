import type { Filters } from './settings.ts';

export interface LoggedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly itemId: string | null;
  readonly value: number | null;
  /** Epoch ms by the visitor's clock, and by the edge's. */
  readonly timestamp: number;
  readonly receivedAt: number;
}

/** Why an event is not credited. All but `late` and `duplicate` speak against its session. */
export type EventFault = 'not_in_slate' | 'before_ranking' | 'clock_skew' | 'late' | 'duplicate';

export interface Judged {
  /** About an item of the slate, in the order in which they came. */
  readonly credited: readonly LoggedEvent[];
  readonly faults: readonly EventFault[];
}

/**
 * Which of a ranking's events count for its items. Events about no item (the page was scrolled) count for
 * none and are no fault. The edge's clock made both `at` and `receivedAt`, so they may be compared; the
 * visitor's own clock is believed within `maxClockSkewMs`.
 */
export function judgeEvents(
  ranking: { readonly at: number; readonly itemIds: readonly string[] },
  events: readonly LoggedEvent[],
  attributionMs: number,
  filters: Filters,
): Judged {
  if (events.length === 0) return NOTHING;
  const credited: LoggedEvent[] = [];
  const faults: EventFault[] = [];
  const inOrder = events.toSorted(
    (a, b) => a.receivedAt - b.receivedAt || (a.eventId < b.eventId ? -1 : 1),
  );
  for (const event of inOrder) {
    const fault = faultOf(ranking, event, attributionMs, filters);
    if (fault !== undefined) faults.push(fault);
    else if (event.itemId === null) continue;
    else if (credited.some((before) => isAgain(before, event, filters))) faults.push('duplicate');
    else credited.push(event);
  }
  return { credited, faults };
}

const NOTHING: Judged = { credited: [], faults: [] };

function faultOf(
  ranking: { readonly at: number; readonly itemIds: readonly string[] },
  { itemId, timestamp, receivedAt }: LoggedEvent,
  attributionMs: number,
  { maxClockSkewMs: skewMs }: Filters,
): EventFault | undefined {
  if (itemId !== null && !ranking.itemIds.includes(itemId)) return 'not_in_slate';
  if (skewMs > 0) {
    if (receivedAt < ranking.at - skewMs || timestamp < ranking.at - skewMs)
      return 'before_ranking';
    if (timestamp > receivedAt + skewMs) return 'clock_skew';
  }
  return receivedAt > ranking.at + attributionMs ? 'late' : undefined;
}

const isAgain = (before: LoggedEvent, event: LoggedEvent, { duplicateWithinMs }: Filters) =>
  duplicateWithinMs > 0 &&
  before.itemId === event.itemId &&
  before.type === event.type &&
  before.value === event.value &&
  Math.abs(event.timestamp - before.timestamp) <= duplicateWithinMs;
