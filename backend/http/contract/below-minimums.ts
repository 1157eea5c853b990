import { z } from '@hono/zod-openapi';

/** See `belowMinimumsOf`. */
export const belowMinimums = z.array(z.string()).readonly().nullable().openapi({
  description:
    'What its training data lacked of the recommended minimums; empty: nothing, or it was not learned from the log; null: unknown',
});
