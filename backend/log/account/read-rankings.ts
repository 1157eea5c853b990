import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { decisions, events } from '../../store/tables.ts';
import type { LoggedEvent } from './judge-events.ts';

/** A decision with every event that names it, in time order. */
export interface LoggedRanking {
  readonly rankingId: string;
  readonly at: number;
  readonly sessionId: string;
  readonly userId: string | null;
  readonly arm: string | null;
  readonly weights: string;
  readonly temperature: number;
  readonly epsilon: number;
  readonly poolSize: number;
  readonly teams: Uint8Array | null;
  readonly snapshot: string;
  readonly itemIds: readonly string[];
  readonly units: Uint8Array;
  readonly propensities: Uint8Array;
  readonly codes: Uint8Array;
  readonly events: readonly LoggedEvent[];
}

/** What judging sessions takes: codes are most of a decision's bytes. */
export type OutlinedRanking = Pick<
  LoggedRanking,
  'rankingId' | 'at' | 'sessionId' | 'itemIds' | 'events'
>;

/** Epoch ms, both inclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const OUTLINE = {
  rankingId: decisions.rankingId,
  at: decisions.at,
  sessionId: decisions.sessionId,
  itemIds: decisions.itemIds,
};

const WHOLE = {
  ...OUTLINE,
  userId: decisions.userId,
  arm: decisions.arm,
  weights: decisions.weights,
  temperature: decisions.temperature,
  epsilon: decisions.epsilon,
  poolSize: decisions.poolSize,
  teams: decisions.teams,
  snapshot: decisions.snapshot,
  units: decisions.units,
  propensities: decisions.propensities,
  codes: decisions.codes,
};

/** Rankings under a schema, in order of time and id. */
export const readRankings = (
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
): AsyncGenerator<LoggedRanking> => read(db, schemaHash, span, WHOLE);

export const outlineRankings = (
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
): AsyncGenerator<OutlinedRanking> => read(db, schemaHash, span, OUTLINE);

const PAGE = 2000;

/** Keyset paging keeps each read short, so that a large span never holds back the writer's checkpoints. */
async function* read(
  db: LibSQLDatabase,
  schemaHash: string,
  span: Span,
  columns: typeof OUTLINE,
): AsyncGenerator<LoggedRanking> {
  let after = { at: span.from, rankingId: '' };
  for (;;) {
    const page = await db
      .select(columns)
      .from(decisions)
      .where(
        and(
          eq(decisions.schemaHash, schemaHash),
          lte(decisions.at, span.to),
          sql`(${decisions.at}, ${decisions.rankingId}) > (${after.at}, ${after.rankingId})`,
        ),
      )
      .orderBy(asc(decisions.at), asc(decisions.rankingId))
      .limit(PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    const feedback = await eventsOf(db, schemaHash, after, last);
    // An outline is read as such by its caller's type.
    for (const row of page as unknown as LoggedRanking[])
      yield { ...row, events: feedback.get(row.rankingId) ?? [] };
    if (page.length < PAGE) return;
    after = last;
  }
}

interface Key {
  readonly at: number;
  readonly rankingId: string;
}

/** @returns by ranking, the events of a page. */
async function eventsOf(db: LibSQLDatabase, schemaHash: string, after: Key, last: Key) {
  const rows = await db
    .select({
      rankingId: events.rankingId,
      eventId: events.eventId,
      type: events.type,
      itemId: events.itemId,
      value: events.value,
      timestamp: events.timestamp,
      receivedAt: events.receivedAt,
    })
    .from(decisions)
    .innerJoin(events, eq(events.rankingId, decisions.rankingId))
    .where(
      and(
        eq(decisions.schemaHash, schemaHash),
        sql`(${decisions.at}, ${decisions.rankingId}) > (${after.at}, ${after.rankingId})`,
        sql`(${decisions.at}, ${decisions.rankingId}) <= (${last.at}, ${last.rankingId})`,
      ),
    );
  return Map.groupBy(rows, ({ rankingId }) => rankingId);
}
