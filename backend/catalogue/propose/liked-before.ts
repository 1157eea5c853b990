import type { Proposed } from './proposed.ts';

/** What a visitor saw, saved or booked before, by a column. */
export const likedBefore = (
  name: string,
  column: string,
  more: Readonly<Record<string, unknown>> = {},
): Proposed => ({
  feature: {
    name,
    kind: 'item-affinity',
    column,
    ...more,
    only: ['seen', 'saved', 'booked'],
    halfLifeDays: 60,
    edges: [0, 0.4, 1.2],
  },
  points: [0, 0, 4, 8],
});
