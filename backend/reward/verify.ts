import { and, asc, eq, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { audit } from '../store/tables.ts';
import { chainOf, hashOfUnhashed, type StoredWeights } from './history.ts';
import { hashOfWeights } from './weights-hash.ts';

export interface ChainFault {
  /** Of the row, or of the one that is missing. */
  readonly id: number;
  readonly fault: 'changed' | 'unlinked' | 'unhashed' | 'unannounced' | 'missing';
  readonly message: string;
}

export interface Verification {
  readonly intact: boolean;
  readonly rows: number;
  /** From before hashes were kept; the first row with a hash vouches for them. */
  readonly unhashed: number;
  /** Of the newest row: kept elsewhere, it shows a history that was written anew as a whole. */
  readonly head: string | null;
  readonly faults: readonly ChainFault[];
}

/** Holds the history of a schema against its own hashes, and against those that the audit log was told. */
export async function verifyHistory(store: Store, schemaName: string): Promise<Verification> {
  const anchors = await anchorsOf(store, schemaName);
  const announced = new Set(anchors.map(({ hash }) => hash));
  const kept = new Set<string>();
  const faults: ChainFault[] = [];
  let [rows, unhashed] = [0, 0];
  let previousHash: string | null = null;
  let head: string | null = null;
  for await (const row of chainOf(store, schemaName)) {
    rows++;
    const { id, hash } = row;
    const add = (fault: ChainFault['fault'], message: string) =>
      faults.push({ id, fault, message: `row ${id} ${message}` });
    if (hash === null && head === null) {
      unhashed++;
      previousHash = hashOfUnhashed(row, previousHash);
    } else if (hash === null) add('unhashed', 'has no hash, and comes after rows that have one');
    else {
      if (hashOfWeights(row) !== hash) add('changed', 'is not what its hash was made of');
      else if (!isCanonical(row))
        add('changed', 'has JSON that was not written here: others may read it in another way');
      if (row.previousHash !== previousHash)
        add('unlinked', 'does not follow the row before it: one was removed, added or moved');
      if (!announced.has(hash)) add('unannounced', 'has a hash that the audit log was never told');
      kept.add(hash);
      previousHash = head = hash;
    }
  }
  for (const { id, hash } of anchors)
    if (!kept.has(hash))
      faults.push({
        id,
        fault: 'missing',
        message: `row ${id} with the hash ${hash.slice(0, 12)}… is in the audit log and not in the history`,
      });
  return { intact: faults.length === 0, rows, unhashed, head, faults };
}

/**
 * The hash is over what the JSON means to JavaScript. Of `{"a":1,"a":2}` that is the last `a`, and to SQLite, which tells what
 * is withdrawn, the first.
 */
const isCanonical = ({ weights, weightsText, details, detailsText }: StoredWeights): boolean =>
  weightsText === JSON.stringify(weights) && detailsText === JSON.stringify(details);

const anchorsOf = ({ db }: Store, schemaName: string): Promise<{ id: number; hash: string }[]> =>
  db
    .select({
      id: sql<number>`json_extract(${audit.details}, '$.id')`,
      hash: sql<string>`json_extract(${audit.details}, '$.hash')`,
    })
    .from(audit)
    .where(
      and(
        eq(audit.subject, schemaName),
        sql`${audit.action} like '% metric weights'`,
        sql`json_extract(${audit.details}, '$.hash') is not null`,
      ),
    )
    .orderBy(asc(audit.id));
