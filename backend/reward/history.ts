import { and, asc, desc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { metricWeights } from '../store/tables.ts';
import { hashOfWeights, type MetricWeights } from './weights-hash.ts';

export type NewWeights = Omit<MetricWeights, 'id' | 'createdAt' | 'previousHash' | 'hash'>;

/** The audit entry of a new row. The row's id and hash are added, so that a later removal of the row is found. */
interface Announced {
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const ATTEMPTS = 20;

/**
 * Adds a row to the history. The rows of a schema are a chain in order of id, in which each has the hash of the one
 * before. The id is chosen before the insert: of two writers that read the same last row, one fails on the primary key
 * and tries again after the other's row, so that the chain cannot fork.
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
      // Hashed as it will be read back, without what JSON leaves out.
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
    // The highest id ever given, deleted rows included: no id is given twice.
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

/** The hash of a row from the time before rows had one: the first row with a stored hash covers all of these. */
export const hashOfUnhashed = (row: MetricWeights, previousHash: string | null): string =>
  hashOfWeights({ ...row, previousHash });

const PAGE = 50;

/** A row, with its JSON as the exact stored text. */
export interface StoredWeights extends MetricWeights {
  readonly weightsText: string;
  readonly detailsText: string;
}

/** All rows of a schema, oldest first. They are read a few at a time, as rows of learned weights are long. */
export async function* chainOf(
  store: Pick<Store, 'db'>,
  schemaName: string,
): AsyncGenerator<StoredWeights> {
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

/** A text that is not JSON, because somebody changed it, reads as empty; its hash will not fit, which `verify` reports. */
function parsed<T extends object>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return {} as T;
  }
}

/** A row with the part of its details that is shown in lists, as those of learned weights are long. */
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

/** The list entry of a row that was read whole. */
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
