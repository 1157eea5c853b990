import type { Device } from './device.ts';
import type { EventType, History, Preferences, TouchType } from './types.ts';

const NAME = 'h';
/** As many as are read of a request. */
const MOST_ITEMS = 60;
const MOST_SEARCHES = 10;
const HOUR_MS = 3_600_000;

const TOUCHES: { readonly [type in EventType]?: TouchType } = {
  click: 'seen',
  save: 'saved',
  booking: 'booked',
  not_interested: 'skipped',
};

interface Remembered {
  readonly items: readonly (readonly [itemId: string, type: TouchType, at: number])[];
  readonly searches: readonly (readonly [preferences: Preferences, at: number])[];
}

/** What the visitor did and searched for, on this device alone; it leaves it with rankings that may be personal. */
export function visitorHistory(device: Device, now: () => number) {
  const read = (): Remembered => JSON.parse(device.get(NAME) || '{"items":[],"searches":[]}');
  const agoHours = (at: number) => Math.max(0, Math.floor((now() - at) / HOUR_MS));
  /** The newest last, each thing once. */
  const write = ({ items, searches }: Remembered) =>
    device.set(
      NAME,
      JSON.stringify({ items: items.slice(-MOST_ITEMS), searches: searches.slice(-MOST_SEARCHES) }),
    );
  return {
    touch(event: EventType, itemId: string): void {
      const type = TOUCHES[event];
      if (!type) return;
      const { items, searches } = read();
      const others = items.filter(([id, was]) => id !== itemId || was !== type);
      write({ items: [...others, [itemId, type, now()]], searches });
    },
    search(preferences: Preferences): void {
      const { items, searches } = read();
      const wished = JSON.stringify(preferences);
      const others = searches.filter(([before]) => JSON.stringify(before) !== wished);
      if (wished !== '{}') write({ items, searches: [...others, [preferences, now()]] });
    },
    clear: () => device.remove(NAME),
    asSent(): History {
      const { items, searches } = read();
      return {
        items: items.map(([itemId, type, at]) => ({ itemId, type, agoHours: agoHours(at) })),
        searches: searches.map(([preferences, at]) => ({ preferences, agoHours: agoHours(at) })),
      };
    },
  };
}
