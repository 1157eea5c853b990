/**
 * TRIMTAB_TRAINING_DATA for trying the system out, by hand or in a test: minimums that an afternoon's clicks reach, and no
 * filtering of bots.
 */
const few = { rankings: 100, rewarded: 100, clickRate: 0, days: 1, users: 1 };

export const SMALL_DATA = {
  filters: { maxRankingsPerMinute: null, minReactionMs: 0, maxClicksWithoutDwell: null },
  minimums: { additive: few, forest: few, mlp: few },
};
