import type { Proposed } from './proposed.ts';

/** What every item has. */
export const BASE: readonly Proposed[] = [
  { feature: { name: 'base', kind: 'constant' }, points: [0, 30] },
];

/** What the log teaches of each item. */
export const LEARNED: readonly Proposed[] = [
  {
    feature: { name: 'click-rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 10 },
    points: [0, -15, -10, -6, -3, -1, 1, 3, 6, 10, 15],
    monotone: 'increasing',
  },
  {
    feature: { name: 'booking-rate', kind: 'learned', of: 'bookingRate', days: 30, buckets: 5 },
    points: [0, -8, -4, 0, 4, 8],
    monotone: 'increasing',
  },
];

/** What is known of who asks, and when. */
export const ABOUT_THE_VISIT: readonly Proposed[] = [
  {
    feature: {
      name: 'seen-before',
      kind: 'item-affinity',
      only: ['seen', 'saved'],
      halfLifeDays: 14,
      edges: [0, 1],
    },
  },
  {
    feature: {
      name: 'device',
      kind: 'context',
      key: 'device',
      values: ['mobile', 'desktop', 'tablet'],
    },
  },
  {
    feature: { name: 'visitor', kind: 'context', key: 'visitor', values: ['new', 'returning'] },
  },
  { feature: { name: 'daypart', kind: 'request-time', part: 'hour', edges: [5, 11, 17] } },
  { feature: { name: 'weekday', kind: 'request-time', part: 'weekday', edges: [5] } },
];
