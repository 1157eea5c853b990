import type { Schema } from '../../../shared/features/schema.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { learnedPart } from '../../../shared/features/columns/learned-columns.ts';
import { learnedKeys, withLearned } from '../../../shared/score/learned-table.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import type { Database } from '../../store/connect.ts';

/** The catalogue as a run ranks it. */
export type PackedCatalogue = () => Promise<RankableTable>;

/**
 * In a worker: the catalogue as it is when it is first asked for, and the same one from then on, as all that a run says of a
 * version is to be of one catalogue. Items are read from the store and packed, which takes a second or two of 100,000: the
 * published snapshot would have to come from the edge, which may be down. Rows lie as in a snapshot, as of equal scores the earlier
 * row is shown first.
 */
export function packedCatalogue(database: Database, schema: Schema): PackedCatalogue {
  let packed: Promise<RankableTable> | undefined;
  return () => (packed ??= readAndPack(database, schema));
}

async function readAndPack(database: Database, schema: Schema): Promise<RankableTable> {
  // Loaded where there is something to rank: the database driver is no part of what learning needs.
  const { connect } = await import('../../store/connect.ts');
  const { storedItems } = await import('../../catalogue/stored-items.ts');
  const { readRates } = await import('../../catalogue/read-trade.ts');
  const client = connect(database);
  try {
    const items = await storedItems(client, schema, await readRates(client));
    const table = rankable(catalogueTable(schema, items));
    if (learnedKeys(schema).length === 0) return table;
    const { readLearned } = await import('../../catalogue/learned-parts.ts');
    const { drizzle } = await import('drizzle-orm/libsql/sqlite3');
    const learned = await readLearned({ db: drizzle(client) });
    if (learned === undefined) return table;
    return withLearned(table, schema, learnedPart(learned.columns, learned.hash));
  } finally {
    client.close();
  }
}
