import { KeptPools } from '../../shared/score/kept-pools.ts';
import { DecisionLog } from '../collect/decision-log.ts';
import type { Env } from '../platform/env.ts';
import type { Settings } from '../platform/settings.ts';
import type { Tracing } from '../platform/tracing.ts';
import { LastCompatiblePair } from './last-compatible-pair.ts';
import { learnedCache, LearnedTables, type CachedLearned } from './learned-cache.ts';
import { Misunderstandings } from './misunderstandings.ts';
import { PinnedScorers } from './pinned-scorers.ts';
import { RankHeaders } from './rank-headers.ts';
import type { RefreshingCache } from '../platform/refreshing-cache.ts';
import { RelatedCache } from './related-cache.ts';
import { snapshotCache, type CachedSnapshot } from './snapshot-cache.ts';
import { UserProofs } from './user-proofs.ts';
import type { CachedWeights } from './cached-weights.ts';
import { weightsCache } from './weights-cache.ts';

/** What ranking keeps in the isolate's memory between requests. */
export interface RankState {
  readonly settings: Settings;
  readonly weights: RefreshingCache<CachedWeights>;
  readonly snapshot: RefreshingCache<CachedSnapshot>;
  readonly learned: RefreshingCache<CachedLearned>;
  readonly learnedTables: LearnedTables;
  readonly related: RelatedCache;
  readonly lastCompatiblePair: LastCompatiblePair;
  readonly pinnedScorers: PinnedScorers;
  readonly decisions: DecisionLog;
  /** Undefined where nothing is traced. */
  readonly tracing: Tracing | undefined;
  readonly misunderstandings: Misunderstandings;
  readonly userProofs: UserProofs;
  /** How many rankings were made by the rules, as the isolate was far behind. */
  readonly underLoad: { rankings: number };
  readonly rankHeaders: RankHeaders;
  readonly pools: KeptPools;
}

export const rankState = (env: Env, settings: Settings, tracing?: Tracing): RankState => ({
  settings,
  tracing,
  weights: weightsCache(env, settings),
  snapshot: snapshotCache(env, settings),
  learned: learnedCache(env, settings),
  learnedTables: new LearnedTables(),
  related: new RelatedCache(env, settings),
  lastCompatiblePair: new LastCompatiblePair(),
  pinnedScorers: new PinnedScorers(env),
  decisions: new DecisionLog(env, settings, tracing),
  misunderstandings: new Misunderstandings(),
  userProofs: new UserProofs(settings),
  underLoad: { rankings: 0 },
  rankHeaders: new RankHeaders(settings),
  pools: new KeptPools(),
});
