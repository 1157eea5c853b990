import type { Consent } from './consent.ts';
import type { ExplorationSpec } from './exploration.ts';
import type { ItemId, RankingId, SessionId, UserId, Version } from './ids.ts';
import type { Placement } from './placement.ts';

/**
 * The log record of one ranking: what was shown, how it was chosen, and everything that is needed to replay the
 * choice. Training reads codes and propensities from here and never recomputes them.
 */
export interface Decision {
  readonly rankingId: RankingId;
  /** Epoch ms. */
  readonly at: number;
  /** Keyed; empty where the visitor did not consent. So is `userId`. */
  readonly sessionId: SessionId;
  readonly userId?: UserId;
  /** Absent in decisions of edges from before there were placements: their ids are as the site gave them. */
  readonly context?: RankingContext;
  /** Absent in decisions of edges from before it was logged. */
  readonly itemSource?: ItemSource;
  /** The arms that the ranking was exposed to, as `exposuresToText` writes them; absent if there are none. */
  readonly arm?: string;
  /**
   * Revision of the pointer by which the visitor's arms were resolved. Absent in decisions of edges from before it was
   * logged, and where no published pointer decided: it was written by hand, a version was pinned, or what is live
   * could not be confirmed.
   */
  readonly pointerRevision?: number;
  /** The version that was served. Of an interleaved slate that of the first arm; the experiment names the second. */
  readonly weights: Version;
  /** The number of the online deltas that were added to the version; from edges before there were numbers, how many batches were added. 0: none. */
  readonly delta: number;
  /** Schema hash, 16 hex digits. */
  readonly schemaHash: string;
  /** Snapshot hash; empty if no snapshot was read. */
  readonly snapshot: string;
  /** Hash of the learned columns that features read; absent where none did, or there were none: then they were all missing. */
  readonly learned?: string;
  /** True when weights or snapshot may have been out of date. */
  readonly degraded: boolean;
  /** Seed of the random draw, 32 bits. */
  readonly seed: number;
  /**
   * Of an interleaved slate, that of the first arm that explores: each arm drafted by the exploration of its own version. Where
   * it is without exploration, so were both, as all of edges from before arms drafted as they serve: whatever their versions say,
   * such a draft is drawn again without.
   */
  readonly exploration: ExplorationSpec;
  readonly limit: number;
  /**
   * The request as JSON: preferences, context, recent, candidates with their live attributes, filters, exclusions, the rules of the slate, whoever asked for them, and what the pages above hold. Without consent
   * context and recent are empty, exclusions and pages above absent, although the ranking depended on them. With the consent to personalise also what features read of the
   * visitor's history; without, it is not ranked by.
   */
  readonly request: string;
  /** How many items the request's filters, exclusions and pages above left to choose from; absent where it had none. */
  readonly allowed?: number;
  /** Where it is not the first page of a list. */
  readonly page?: RankedPage;
  readonly itemIds: readonly ItemId[];
  /**
   * Score of each slot in fixed-point units; in an interleaved slate, the score by the arm that put the item there.
   */
  readonly units: readonly number[];
  /**
   * By how many units the score of each slot's item was raised for being little known when the slate was drawn
   * (`score/raise.ts`), in steps of 1/16 of a point; absent where no score was. The slots were drawn by `units + raises`.
   */
  readonly raises?: readonly number[];
  /** By how many units boosts moved each slot's score when the slate was drawn; absent where there were none. They say nothing of merit. */
  readonly boosts?: readonly number[];
  /** 1 where a slot's item was pinned, `Uint8Array(slots)`; absent where none was. Nobody chose it by merit, and what came of it teaches nothing. */
  readonly pinned?: Uint8Array;
  /** Caps, quotas or pins decided with the scores what could stand in a slot; the propensities are of that draw. */
  readonly isRestricted?: true;
  /**
   * Conditional probability of each slot given the slots above, the pool that the seed gave, and its raises. What was not in that
   * pool had a probability of 0 in this ranking, though perhaps not in another one of the same request.
   */
  readonly propensities: readonly number[];
  /** Codes of the shown items, `Uint8Array(slots × F)`. */
  readonly codes: Uint8Array;
  /**
   * Absent if no version was scored in shadow. Where the site's own order was kept, what the champion would have shown
   * without exploring.
   */
  readonly shadow?: Shadow;
  /**
   * Only of an interleaved slate: for each slot the index of the arm that put its item there, `Uint8Array(slots)`.
   */
  readonly teams?: Uint8Array;
  /**
   * The site's own order was kept: `weights` scored the items and chose none of them, and each slot's propensity is 1. What came
   * of it is nothing that a version earned.
   */
  readonly siteOrder?: true;
}

/**
 * Who vouches for the attributes of the items that were ranked: the catalogue alone, a server that sent candidates with a
 * secret key, or a browser, which sent with a publishable key what the catalogue does not say.
 */
export const ITEM_SOURCES = ['catalogue', 'server', 'browser'] as const;
export type ItemSource = (typeof ITEM_SOURCES)[number];

/** Which part of a list a ranking is. */
export interface RankedPage {
  /** How many items the pages above hold. */
  readonly offset: number;
  /** The ranking of the first page; absent where the visitor did not consent, as it would link their rankings. */
  readonly of?: RankingId;
}

/** Where a ranking was shown, and what its visitor had agreed to. */
export interface RankingContext {
  readonly placement: Placement;
  readonly consent: Consent;
}

/** The result of shadow scoring: the slate that another version would have shown, drawn with the same seed. */
export interface Shadow {
  readonly version: Version;
  readonly itemIds: readonly ItemId[];
}
