import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Schema } from '../../shared/features/schema.ts';
import { decisions, events } from '../store/tables.ts';
import { packTrainingSet, type LabelledSlate, type TrainingSet } from './training-set.ts';

export interface TrainingWindow {
  /** Epoch ms, inclusive; so is `to`. */
  readonly from: number;
  readonly to: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
}

/** Feedback later than this after the ranking is not credited to it. */
const ATTRIBUTION_MS = 7 * 86_400_000;
const PAGE = 2000;

/**
 * Decisions ⋈ feedback: every slate served under the schema in the window, each item with the largest
 * reward among its events. Codes are read as logged, never computed again.
 * @param reward event type → reward; types not named earn nothing.
 */
export async function readTrainingSet(
  db: LibSQLDatabase,
  schema: Schema,
  window: TrainingWindow,
  reward: Readonly<Record<string, number>>,
  onProgress: (slates: number) => void = () => {},
): Promise<TrainingSet> {
  const slates: LabelledSlate[] = [];
  let after = { at: window.from, rankingId: '' };
  for (;;) {
    // Keyset paging keeps each read short, so that a large window never holds back the writer's checkpoints.
    const page = await db
      .select({
        rankingId: decisions.rankingId,
        at: decisions.at,
        sessionId: decisions.sessionId,
        itemIds: decisions.itemIds,
        codes: decisions.codes,
        feedback: sql<string>`(${feedbackOf(db)})`,
      })
      .from(decisions)
      .where(
        and(
          eq(decisions.schemaHash, schema.hash),
          lte(decisions.at, window.to),
          sql`(${decisions.at}, ${decisions.rankingId}) > (${after.at}, ${after.rankingId})`,
          window.servedBy === undefined ? undefined : eq(decisions.weights, window.servedBy),
        ),
      )
      .orderBy(asc(decisions.at), asc(decisions.rankingId))
      .limit(PAGE);
    for (const { itemIds, codes: logged, at, sessionId, feedback } of page) {
      const codes = new Uint8Array(logged);
      if (codes.length !== itemIds.length * schema.features.length) continue;
      const earned = rewardsOf(itemIds, JSON.parse(feedback) as [string, string][], reward);
      slates.push({ at, sessionId, codes, reward: earned });
    }
    onProgress(slates.length);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = { at: last.at, rankingId: last.rankingId };
  }
  return packTrainingSet(schema, slates);
}

/**
 * A query of its own, not columns in a text: in a select of one table drizzle leaves their tables' names out,
 * and every ranking would get every ranking's feedback.
 */
const feedbackOf = (db: LibSQLDatabase) =>
  db
    .select({ list: sql`json_group_array(json_array(${events.itemId}, ${events.type}))` })
    .from(events)
    .where(
      and(
        eq(events.rankingId, decisions.rankingId),
        isNotNull(events.itemId),
        lte(events.receivedAt, sql`${decisions.at} + ${ATTRIBUTION_MS}`),
      ),
    );

function rewardsOf(
  itemIds: readonly string[],
  feedback: readonly [string, string][],
  reward: Readonly<Record<string, number>>,
): Float64Array {
  const slotOf = new Map(itemIds.map((id, slot) => [id, slot]));
  const earned = new Float64Array(itemIds.length);
  for (const [itemId, type] of feedback) {
    const slot = slotOf.get(itemId);
    if (slot !== undefined) earned[slot] = Math.max(earned[slot], reward[type] ?? 0);
  }
  return earned;
}
