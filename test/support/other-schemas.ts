import { parseSchema } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';

/** Columns of its own. */
export const hotels = parseSchema({
  name: 'hotels',
  columns: [{ name: 'stars', type: 'number' }],
  features: [{ name: 'stars', kind: 'quantile', column: 'stars', edges: [2, 4] }],
  rules: { stars: [0, 1, 2, 3] },
});

/** Other features and rules over the columns of the trips. */
export const homely = parseSchema({
  ...smarttrip,
  name: 'homely',
  features: [...smarttrip.features, { name: 'again', kind: 'constant' }],
  rules: { again: [0, 3] },
});
