import type { SessionFault } from './judge-session.ts';

/** Why a ranking counts for nobody. */
export type RankingRefusal = SessionFault | 'after_close';
