/**
 * TRIMTAB_TRAINING_DATA for a system that a person or a test tries out: minimums that an afternoon's clicks
 * reach, and no suspicion of visitors who are scripts.
 */
const few = { rankings: 100, rewarded: 100, clickRate: 0, days: 1, users: 1 };

export const SMALL_DATA = {
  filters: { maxRankingsPerMinute: null, minReactionMs: 0, maxClicksWithoutDwell: null },
  minimums: { additive: few, forest: few, mlp: few },
};
