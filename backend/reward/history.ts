import { and, asc, desc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { metricWeights } from '../store/tables.ts';
import { hashOfWeights, type MetricWeights } from './weights-hash.ts';

export type NewWeights = Omit<MetricWeights, 'id' | 'createdAt' | 'previousHash' | 'hash'>;

/** What the audit log says of a new row; its id and hash are added, so that a cut tail is missed there. */
interface Announced {
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const ATTEMPTS = 20;

/**
 * Adds a version to the history: the rows of a schema are a chain by id, each holding the hash of the one before.
 * The id is chosen before the insert, so of two writers that saw the same end one fails on the primary key, and
 * tries again behind the other: the chain cannot fork.
 */
export async function appendWeights(
  store: Store,
  given: NewWeights,
  { action, details }: Announced,
  nowMs: number,
): Promise<MetricWeights> {
  for (let attempt = 1; ; attempt++) {
    const { lastId, previousHash } = await headOf(store, given.schemaName);
    const unhashed = {
      ...given,
      // As it will be read back: the hash must not see what JSON leaves out.
      details: JSON.parse(JSON.stringify(given.details)) as Record<string, unknown>,
      id: lastId + 1,
      createdAt: nowMs,
      previousHash,
    };
    const row = { ...unhashed, hash: hashOfWeights(unhashed) };
    try {
      await store.write([
        store.db.insert(metricWeights).values(row),
        recordAudit(store, {
          at: nowMs,
          actor: given.author,
          action,
          subject: given.schemaName,
          details: { ...details, id: row.id, hash: row.hash },
        }),
      ]);
      return row;
    } catch (error) {
      const isOvertaken = (await headOf(store, given.schemaName)).lastId > lastId;
      if (!isOvertaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function headOf(store: Store, schemaName: string) {
  const [sequence] = await store.db.all<{ seq: number }>(
    // Where ids have come to, counting rows that are gone: an id is never given twice.
    sql`select seq from sqlite_sequence where name = 'metric_weights'`,
  );
  const rows = await store.db
    .select()
    .from(metricWeights)
    .where(eq(metricWeights.schemaName, schemaName))
    .orderBy(desc(metricWeights.id))
    .limit(1);
  const last = rows[0];
  let previousHash = last?.hash ?? null;
  if (last !== undefined && last.hash === null)
    for await (const row of chainOf(store, schemaName))
      previousHash = hashOfUnhashed(row, previousHash);
  return { lastId: sequence?.seq ?? 0, previousHash };
}

/** What a row from before hashes were kept comes to: the first row that has a hash vouches for them. */
export const hashOfUnhashed = (row: MetricWeights, previousHash: string | null): string =>
  hashOfWeights({ ...row, previousHash });

const PAGE = 50;

/** A row, with its JSON to the letter. */
export interface StoredWeights extends MetricWeights {
  readonly weightsText: string;
  readonly detailsText: string;
}

/** All rows of a schema, oldest first, a few at a time: those of learned weights are long. */
export async function* chainOf(store: Store, schemaName: string): AsyncGenerator<StoredWeights> {
  const { weights, details, ...columns } = getTableColumns(metricWeights);
  for (let after = -1; ;) {
    const page = await store.db
      .select({
        ...columns,
        weightsText: sql<string>`${weights}`,
        detailsText: sql<string>`${details}`,
      })
      .from(metricWeights)
      .where(and(eq(metricWeights.schemaName, schemaName), gt(metricWeights.id, after)))
      .orderBy(asc(metricWeights.id))
      .limit(PAGE);
    for (const row of page)
      yield { ...row, weights: parsed(row.weightsText), details: parsed(row.detailsText) };
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}

/** What somebody made no JSON of is nothing; that it was changed is for its hash to tell. */
function parsed<T extends object>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return {} as T;
  }
}

/** A row, with what people ask about of its details: those of learned weights are long. */
export interface HistoryEntry extends Omit<MetricWeights, 'details'> {
  readonly warning?: string[];
  readonly withdraws?: number;
  readonly abstains?: string;
  readonly skill?: Record<string, unknown>;
}

const SUMMARY = ['warning', 'withdraws', 'abstains', 'skill'];

/** Newest first. */
export async function history(store: Store, schemaName: string): Promise<HistoryEntry[]> {
  const { details, ...columns } = getTableColumns(metricWeights);
  const rows = await store.db
    .select({
      ...columns,
      summary: sql<string>`(select json_group_object(key, json(case type
          when 'text' then json_quote(value) else value end))
        from json_each(${details}) where key in ${SUMMARY})`,
    })
    .from(metricWeights)
    .where(eq(metricWeights.schemaName, schemaName))
    .orderBy(desc(metricWeights.id))
    .limit(200);
  return rows.map(({ summary, ...row }) => ({ ...row, ...(JSON.parse(summary) as object) }));
}

/** The same of a row that was read whole. */
export const historyEntry = ({ details, ...row }: MetricWeights): HistoryEntry => ({
  ...row,
  ...Object.fromEntries(Object.entries(details).filter(([key]) => SUMMARY.includes(key))),
});

export async function readWeights(
  store: Store,
  schemaName: string,
  id: number,
): Promise<MetricWeights | undefined> {
  const [row] = await store.db
    .select()
    .from(metricWeights)
    .where(and(eq(metricWeights.schemaName, schemaName), eq(metricWeights.id, id)));
  return row;
}
