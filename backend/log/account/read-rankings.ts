import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Consent } from '../../../shared/domain/consent.ts';
import type { ItemSource } from '../../../shared/domain/decision.ts';
import { decisions, events } from '../../store/tables.ts';
import { isClassified, exclusionOf } from './counted.ts';
import { isLeftOut } from './left-out.ts';
import { notShown } from './not-shown.ts';
import type { RankingExclusionReason } from './ranking-exclusion-reason.ts';
import type { Span } from './span.ts';
import { eventSlices } from './event-slices.ts';

export interface CountedEvent {
  readonly rankingId: string;
  readonly type: string;
  readonly itemId: string | null;
  readonly value: number | null;
}

/** A decision with what came of it. */
export interface LoggedRanking {
  readonly rankingId: string;
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly placement: string;
  readonly consent: Consent;
  readonly itemSource: ItemSource | null;
  readonly arm: string | null;
  readonly weights: string;
  readonly temperature: number;
  readonly epsilon: number;
  readonly poolSize: number;
  readonly optimism: number | null;
  readonly maxLoss: number | null;
  readonly fromSlot: number | null;
  readonly seed: number;
  readonly teams: Uint8Array | null;
  readonly siteOrder: boolean;
  readonly snapshot: string;
  readonly itemIds: readonly string[];
  readonly units: Uint8Array;
  readonly raises: Uint8Array | null;
  readonly boosts: Uint8Array | null;
  readonly pinned: Uint8Array | null;
  readonly isRestricted: boolean;
  readonly pageOffset: number | null;
  readonly propensities: Uint8Array;
  readonly codes: Uint8Array;
  /** Null where it counts. */
  readonly exclusion: RankingExclusionReason | null;
  /** 1 where somebody left its session or user out of what is learned from. */
  readonly leftOut: number;
  /** 1 where its page kept its own order. */
  readonly notShown: number;
  /** Those that count. */
  readonly events: readonly CountedEvent[];
}

const COLUMNS = {
  rankingId: decisions.rankingId,
  at: decisions.at,
  sessionId: decisions.sessionId,
  itemIds: decisions.itemIds,
  userId: decisions.userId,
  placement: decisions.placement,
  consent: decisions.consent,
  itemSource: decisions.itemSource,
  arm: decisions.arm,
  weights: decisions.weights,
  temperature: decisions.temperature,
  epsilon: decisions.epsilon,
  poolSize: decisions.poolSize,
  optimism: decisions.optimism,
  maxLoss: decisions.maxLoss,
  fromSlot: decisions.fromSlot,
  seed: decisions.seed,
  teams: decisions.teams,
  siteOrder: decisions.siteOrder,
  snapshot: decisions.snapshot,
  units: decisions.units,
  raises: decisions.raises,
  boosts: decisions.boosts,
  pinned: decisions.pinned,
  isRestricted: decisions.isRestricted,
  pageOffset: decisions.pageOffset,
  propensities: decisions.propensities,
  codes: decisions.codes,
  exclusion: exclusionOf(sql`decisions`).as('exclusion'),
  leftOut: isLeftOut(sql`decisions`).as('leftOut'),
  notShown: sql<number>`${sql.raw(notShown('decisions'))}`.as('notShown'),
};

const PAGE = 2000;

/**
 * Rankings under a schema that are classified, in order of time and id. Keyset paging keeps each read short, so that a large
 * span never holds back the writer's checkpoints.
 */
export async function* readRankings(
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
): AsyncGenerator<LoggedRanking> {
  let after = { at: span.from, rankingId: '' };
  for (;;) {
    const page = await db
      .select(COLUMNS)
      .from(decisions)
      .where(
        and(
          eq(decisions.schemaHash, schemaHash),
          lte(decisions.at, span.to),
          isClassified(sql`decisions`),
          sql`(${decisions.at}, ${decisions.rankingId}) > (${after.at}, ${after.rankingId})`,
        ),
      )
      .orderBy(asc(decisions.at), asc(decisions.rankingId))
      .limit(PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    for (const { rankings } of await eventSlices(db, page)) {
      const feedback = await eventsOf(
        db,
        rankings.map(({ rankingId }) => rankingId),
      );
      for (const row of rankings) yield { ...row, events: feedback.get(row.rankingId) ?? [] };
    }
    if (page.length < PAGE) return;
    after = last;
  }
}

/** @returns by ranking, the events that count. */
async function eventsOf(db: LibSQLDatabase, rankingIds: readonly string[]) {
  const rows = await db
    .select({
      rankingId: events.rankingId,
      type: events.type,
      itemId: events.itemId,
      value: events.value,
    })
    .from(events)
    .where(
      and(
        sql`${events.rankingId} in (select value from json_each(${JSON.stringify(rankingIds)}))`,
        eq(events.fault, ''),
      ),
    );
  return Map.groupBy(rows, ({ rankingId }) => rankingId);
}
