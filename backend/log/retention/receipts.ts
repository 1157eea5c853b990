import { randomUUID } from 'node:crypto';
import { desc, sql } from 'drizzle-orm';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Statement, Store } from '../../store/open.ts';
import { erasures, type PartitionsErased } from '../../store/tables.ts';
import { statement } from '../account/mark.ts';
import { readLogTime } from '../log-time.ts';
import { searchTexts } from './search-texts.ts';
import type { PrivacySettings } from './settings.ts';
import type { ErasureJournal, JournalEntry } from '../partitions/journal.ts';

export type Receipt = typeof erasures.$inferSelect;
/** Stages that are completed after the rows are gone. */
export type Stage = 'journaledAt' | 'partitionsAt' | 'logAt' | 'fileAt' | 'batchesAt';
export const STAGES: readonly Stage[] = [
  'journaledAt',
  'partitionsAt',
  'logAt',
  'fileAt',
  'batchesAt',
];

/** When the last stage was complete, epoch ms; null: one is not yet. */
export function completedAt(receipt: Pick<Receipt, Stage | 'at' | 'kind'>): number | null {
  if (receipt.kind === 'allow') return receipt.at;
  let last = receipt.at;
  for (const stage of STAGES) {
    const at = receipt[stage];
    if (at === null) return null;
    last = Math.max(last, at);
  }
  return last;
}

/** The newest first. */
export const listReceipts = ({ db }: Pick<Store, 'db'>, limit: number): Promise<Receipt[]> =>
  db.select().from(erasures).orderBy(desc(erasures.at), desc(erasures.deletion)).limit(limit);

/** Those that were asked for before a moment and are not complete. */
export const openReceipts = ({ db }: Pick<Store, 'db'>, before: number): Promise<Receipt[]> =>
  db
    .select()
    .from(erasures)
    .where(
      sql`kind <> 'allow' and at < ${before}
        and (journaledAt is null or partitionsAt is null or logAt is null or fileAt is null or batchesAt is null)`,
    )
    .orderBy(erasures.at);

/** Notes that a stage is complete for all that was deleted up to a deletion. */
export const completeStage = (
  { db }: Pick<Store, 'db'>,
  stage: Exclude<Stage, 'journaledAt' | 'batchesAt'>,
  upTo: number,
  nowMs: number,
): Statement =>
  statement(
    db,
    sql`update erasures set ${sql.identifier(stage)} = ${nowMs}
      where ${sql.identifier(stage)} is null and deletion <= ${upTo}`,
  );

/** Notes that everything that was sealed before a moment, epoch ms, is gone from the bucket of the log. */
export const completeBatches = (
  { db }: Pick<Store, 'db'>,
  goneBefore: number,
  nowMs: number,
): Statement =>
  statement(
    db,
    sql`update erasures set batchesAt = ${nowMs} where batchesAt is null and at < ${goneBefore}`,
  );

/** Name of the mark in `log_marks` by which receipts wait for the bucket of the log. */
export const HAS_BUCKET = 'stored batches';

/** The same of partitions, with how many there were. */
export const completePartitions = (
  { db }: Pick<Store, 'db'>,
  found: PartitionsErased,
  upTo: number,
  nowMs: number,
): Statement =>
  statement(
    db,
    sql`update erasures set partitionsAt = ${nowMs}, partitions = ${JSON.stringify(found)}
      where partitionsAt is null and deletion <= ${upTo}`,
  );

/** The receipt of a user who is stored again from now on. */
export const allowReceipt = (
  { db }: Pick<Store, 'db'>,
  { id, at, by, deletion }: Pick<JournalEntry, 'id' | 'at' | 'by' | 'deletion'>,
): Statement =>
  db
    .insert(erasures)
    .values({ id, at, kind: 'allow', by, deletion, sessions: 0, rows: {}, journaledAt: at });

/** From when on receipts are kept, epoch ms. */
export async function receiptsSince(
  { db }: Pick<Store, 'db'>,
  { receiptDays }: Pick<PrivacySettings, 'receiptDays'>,
  nowMs: number,
): Promise<number> {
  return Math.max(0, ((await readLogTime(db, nowMs)) ?? 0) - receiptDays * DAY_MS);
}

export const newReceiptId = (): string => randomUUID();

/** Writes into the journal what is not in it yet. @throws where a place of it fails; what was written is noted. */
export async function journalErasures(
  store: Store,
  journal: ErasureJournal,
  nowMs: number,
): Promise<void> {
  const { db } = store;
  const waiting = await db
    .select()
    .from(erasures)
    .where(sql`journaledAt is null`)
    .orderBy(erasures.deletion);
  for (const { id, at, kind, by, deletion } of waiting) {
    // Tombstones that a later erasure took over are in that one's entry.
    const ids = async (table: 'deleted_users' | 'deleted_sessions', column: string) => {
      const rows = await db.all<{ id: string }>(
        sql`select ${sql.identifier(column)} as id from ${sql.identifier(table)} where deletion = ${deletion}`,
      );
      return rows.map((row) => row.id);
    };
    const users = await ids('deleted_users', 'userId');
    const sessions = await ids('deleted_sessions', 'sessionId');
    await journal.write({ id, at, kind, by, deletion, users, sessions });
    const searched = await searchTexts(db, [...users, ...sessions]);
    await store.write([
      statement(
        db,
        sql`update erasures set journaledAt = ${nowMs}, searched = ${JSON.stringify(searched)} where id = ${id}`,
      ),
    ]);
  }
}

/** Deletes receipts from before a moment, with their entries in the journal, where they are complete. */
export async function pruneReceipts(
  store: Store,
  journal: ErasureJournal,
  before: number,
): Promise<void> {
  if ((await openReceipts(store, before)).length > 0) return;
  await journal.prune(before);
  await store.write([statement(store.db, sql`delete from erasures where at < ${before}`)]);
}
