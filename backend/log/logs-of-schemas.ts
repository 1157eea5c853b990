import { eq } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Schema } from '../../shared/features/schema.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import { weights } from '../store/tables.ts';
import { daysWithRankings, schemasWithRankings } from './account/log-mark.ts';
import type { Span } from './account/span.ts';
import type { SchemaLog } from './schema-log.ts';
import { featureMap, sharesEnough } from './training-set/feature-map.ts';

/** Such a log with what is needed to read it. */
export interface RelatedLog extends SchemaLog {
  readonly schema: Schema;
  /** Per feature of the schema in question its index in `schema`, or −1. */
  readonly map: readonly number[];
}

/** Of every schema but one: what was logged under them stays, whichever is live. Those without a day are left out. */
export async function logsOfOtherSchemas(
  db: LibSQLDatabase,
  schema: Schema,
  span: Span,
): Promise<RelatedLog[]> {
  const logs: RelatedLog[] = [];
  for (const hash of await schemasWithRankings(db)) {
    if (hash === schema.hash) continue;
    const days = (await daysWithRankings(db, hash, span)).length;
    if (days === 0) continue;
    const [row] = await db
      .select({ bytes: weights.bytes })
      .from(weights)
      .where(eq(weights.schemaHash, hash))
      .limit(1);
    // Without a scorer nobody knows what its codes mean.
    if (row === undefined) continue;
    const other = scorerFromBytes(new Uint8Array(row.bytes)).schema;
    const map = featureMap(other, schema);
    const shared = map.filter((index) => index >= 0).length;
    logs.push({
      name: other.name,
      hash,
      days,
      shared,
      isRead: sharesEnough(map, other.features.length),
      schema: other,
      map,
    });
  }
  return logs;
}
