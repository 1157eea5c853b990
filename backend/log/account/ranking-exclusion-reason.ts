import type { SessionExclusionReason } from './classify-session.ts';

/** Why a ranking counts for nobody. */
export type RankingExclusionReason = SessionExclusionReason | 'after_close';
