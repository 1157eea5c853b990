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
  const isAgain = repeats(filters);
  const inOrder = events.toSorted(
    (a, b) => a.receivedAt - b.receivedAt || (a.eventId < b.eventId ? -1 : 1),
  );
  for (const event of inOrder) {
    const fault = faultOf(ranking, event, attributionMs, filters);
    if (fault !== undefined) faults.push(fault);
    else if (event.itemId === null) continue;
    else if (isAgain(event)) faults.push('duplicate');
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

/**
 * Whether an event says what one that was let pass said within `duplicateWithinMs` of it. Those let pass lie further apart
 * than that, so a bucket of that width holds one of them at most, and a flood of events costs no more than its length.
 */
function repeats({ duplicateWithinMs: width }: Filters): (event: LoggedEvent) => boolean {
  const passed = new Map<string, number>();
  return ({ itemId, type, value, timestamp }) => {
    if (!(width > 0)) return false;
    const at = Math.floor(timestamp / width);
    const keyOf = (bucket: number) => `${itemId} ${type} ${value} ${bucket}`;
    for (const bucket of [at - 1, at, at + 1]) {
      const before = passed.get(keyOf(bucket));
      if (before !== undefined && Math.abs(timestamp - before) <= width) return true;
    }
    passed.set(keyOf(at), timestamp);
    return false;
  };
}
