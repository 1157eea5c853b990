import { HISTORY, type Device } from './device.ts';
import { HOUR_MS } from './limits.ts';
import type { EventType, History, Preferences, TouchType } from './types.ts';

/** As many as are read of a request. */
const MOST = { items: 60, searches: 10 } as const;

const TOUCHES: { readonly [type in EventType]?: TouchType } = {
  click: 'seen',
  save: 'saved',
  booking: 'booked',
  not_interested: 'skipped',
};

type List = keyof typeof MOST;
/** What there was, and when (epoch ms). The newest come last. */
type Remembered = { [list in List]?: (readonly [what: object, at: number])[] };

/** What the visitor did and searched for, on this device alone; it leaves it with rankings that may be personal. */
export function visitorHistory(device: Device, now: () => number) {
  const read = (): Remembered => JSON.parse(device.get(HISTORY) || '{}');
  /** Each thing once. */
  const remember = (list: List, what: object) => {
    const said = JSON.stringify(what);
    const known = read();
    const others = (known[list] ?? []).filter(([before]) => JSON.stringify(before) !== said);
    known[list] = [...others, [what, now()] as const].slice(-MOST[list]);
    device.set(HISTORY, JSON.stringify(known));
  };
  return {
    touch(event: EventType, itemId: string): void {
      const type = TOUCHES[event];
      if (type) remember('items', { itemId, type });
    },
    search(preferences: Preferences): void {
      if (Object.keys(preferences).length) remember('searches', { preferences });
    },
    clear: () => device.remove(HISTORY),
    asSent: (): History =>
      Object.fromEntries(
        Object.entries(read()).map(([list, entries]) => [
          list,
          entries.map(([what, at]) => ({
            ...what,
            agoHours: Math.max(0, Math.floor((now() - at) / HOUR_MS)),
          })),
        ]),
      ),
  };
}
