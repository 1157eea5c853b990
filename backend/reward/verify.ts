import { and, asc, eq, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { audit } from '../store/tables.ts';
import { chainOf, hashOfUnhashed, type StoredWeights } from './history.ts';
import { hashOfWeights } from './weights-hash.ts';

export interface ChainFault {
  /** The id of the faulty row, or of the row that is missing. */
  readonly id: number;
  readonly fault: 'changed' | 'unlinked' | 'unhashed' | 'unannounced' | 'missing';
  readonly message: string;
}

export interface Verification {
  readonly intact: boolean;
  readonly rows: number;
  /** Rows from the time before rows had a hash; the first row with one covers them. */
  readonly unhashed: number;
  /** The hash of the newest row: a copy of it elsewhere shows whether the whole history was rewritten. */
  readonly head: string | null;
  readonly faults: readonly ChainFault[];
}

/** Checks the history of a schema against its own hashes, and against those in the audit log. */
export async function verifyHistory(
  store: Pick<Store, 'db'>,
  schemaName: string,
): Promise<Verification> {
  const anchors = await anchorsOf(store, schemaName);
  const announced = new Set(anchors.map(({ hash }) => hash));
  const present = new Set<string>();
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
      if (!announced.has(hash)) add('unannounced', 'has a hash that is not in the audit log');
      present.add(hash);
      previousHash = head = hash;
    }
  }
  for (const { id, hash } of anchors)
    if (!present.has(hash))
      faults.push({
        id,
        fault: 'missing',
        message: `row ${id} with the hash ${hash.slice(0, 12)}… is in the audit log and not in the history`,
      });
  return { intact: faults.length === 0, rows, unhashed, head, faults };
}

/**
 * The hash is over the value that JavaScript reads from the JSON. In `{"a":1,"a":2}` that is the last `a`; SQLite, which
 * decides what is withdrawn, reads the first. So only the text that JavaScript would write is accepted.
 */
const isCanonical = ({ weights, weightsText, details, detailsText }: StoredWeights): boolean =>
  weightsText === JSON.stringify(weights) && detailsText === JSON.stringify(details);

const anchorsOf = (
  { db }: Pick<Store, 'db'>,
  schemaName: string,
): Promise<{ id: number; hash: string }[]> =>
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
