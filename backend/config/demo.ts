import type { TrimtabConfig } from './settings.ts';

const few = { sessions: 1, rankings: 100, rewarded: 100, clickRate: 0, days: 1, users: 1 };

/**
 * For a system that a person or a test tries out, where its configuration file says nothing else: minimums that an
 * afternoon's clicks reach, and no suspicion of visitors who are scripts.
 */
export const DEMO = {
  trainingData: {
    filters: { maxRankingsPerMinute: null, minReactionMs: 0, maxClicksWithoutDwell: null },
    minimums: { additive: few, forest: few, mlp: few },
  },
} satisfies TrimtabConfig;
