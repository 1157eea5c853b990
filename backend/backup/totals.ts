import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { asc, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import { logRowCounts } from '../log/row-counts.ts';
import { verifyHistory } from '../reward/verify.ts';
import { connect } from '../store/connect.ts';
import type { Store } from '../store/open.ts';
import { audit, metricWeights } from '../store/tables.ts';

/** What a database holds, by which a backup and what was restored from it are compared. */
export interface Totals {
  readonly rankings: number;
  readonly events: number;
  readonly outcomes: number;
  readonly items: number;
  /** Of weights. */
  readonly versions: number;
  readonly experiments: number;
  readonly auditEntries: number;
  /** SHA-256 over all entries of the audit log, each with the hash of those before it. */
  readonly auditHash: string;
  /** Rows of the histories of metric weights, and whether their hashes fit each other and the audit log. */
  readonly metricWeights: number;
  readonly metricWeightsIntact: boolean;
}

/** @throws Error naming what is damaged in a local database, of which every page is read. */
export async function totalsOf(path: string): Promise<Totals> {
  const client = connect({ url: pathToFileURL(path).href });
  try {
    const db = drizzle(client);
    const { rows } = await client.execute('PRAGMA integrity_check(3)');
    const found = rows.map((row) => JSON.stringify(row[0])).filter((text) => text !== '"ok"');
    if (found.length > 0) throw new Error(`${path} is damaged: ${found.join('; ')}`);
    return await readTotals(db);
  } finally {
    client.close();
  }
}

async function readTotals(db: Store['db']): Promise<Totals> {
  const { decisions, events, outcomes } = await logRowCounts({ db });
  const [others] = await db.all<Record<'items' | 'versions' | 'experiments', number>>(sql`
    select (select count(*) from items) as items, (select count(*) from weights) as versions,
      (select count(*) from experiments) as experiments`);
  const histories = await db
    .selectDistinct({ schemaName: metricWeights.schemaName })
    .from(metricWeights)
    .orderBy(asc(metricWeights.schemaName));
  let [rows, isIntact] = [0, true];
  for (const { schemaName } of histories) {
    const verified = await verifyHistory({ db }, schemaName);
    rows += verified.rows;
    isIntact &&= verified.intact;
  }
  return {
    rankings: decisions,
    events,
    outcomes,
    ...others,
    ...(await readAudit(db)),
    metricWeights: rows,
    metricWeightsIntact: isIntact,
  };
}

const ENTRIES_AT_ONCE = 1000;

async function readAudit(db: Store['db']): Promise<Pick<Totals, 'auditEntries' | 'auditHash'>> {
  let [entries, hash] = [0, ''];
  for (let after = 0; ;) {
    const page = await db
      .select({
        id: audit.id,
        // As it is stored, byte for byte.
        row: sql<string>`json_array(${audit.id}, ${audit.at}, ${audit.actor}, ${audit.action}, ${audit.subject}, cast(${audit.details} as text))`,
      })
      .from(audit)
      .where(sql`${audit.id} > ${after}`)
      .orderBy(asc(audit.id))
      .limit(ENTRIES_AT_ONCE);
    for (const { row } of page) hash = createHash('sha256').update(hash).update(row).digest('hex');
    entries += page.length;
    if (page.length < ENTRIES_AT_ONCE) return { auditEntries: entries, auditHash: hash };
    after = page.at(-1)!.id;
  }
}
