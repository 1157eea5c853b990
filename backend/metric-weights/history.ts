import { and, asc, desc, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../publish/live-pointer.ts';
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
  const previousHash =
    last === undefined || last.hash !== null
      ? (last?.hash ?? null)
      : hashOfUnhashed(await chainOf(store, schemaName));
  return { lastId: sequence?.seq ?? 0, previousHash };
}

/** What rows from before hashes were kept come to: the first row that has a hash vouches for them. */
export const hashOfUnhashed = (rows: readonly MetricWeights[]): string | null =>
  rows.reduce<string | null>((previousHash, row) => hashOfWeights({ ...row, previousHash }), null);

/** All rows of a schema, oldest first. */
export const chainOf = (store: Store, schemaName: string): Promise<MetricWeights[]> =>
  store.db
    .select()
    .from(metricWeights)
    .where(eq(metricWeights.schemaName, schemaName))
    .orderBy(asc(metricWeights.id));

/** Newest first. */
export const history = (store: Store, schemaName: string): Promise<MetricWeights[]> =>
  store.db
    .select()
    .from(metricWeights)
    .where(eq(metricWeights.schemaName, schemaName))
    .orderBy(desc(metricWeights.id))
    .limit(200);

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
