import { and, eq, inArray } from 'drizzle-orm';
import { floorToDay } from '../../shared/domain/utc-day.ts';
import type { ItemTable } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { snapshotFromBytes } from '../../shared/format/snapshot-bytes.ts';
import type { Store } from '../store/open.ts';
import { catalogueSamples } from '../store/tables.ts';
import type { CatalogueSample } from './catalogue-sample.ts';

/** A catalogue as it was on a day. */
export interface DailySample {
  /** First millisecond of the UTC day. */
  readonly day: number;
  /** How many items there were in all. */
  readonly items: number;
  readonly table: ItemTable;
}

/** Keeps a sample of today's catalogue, where there is none yet. */
export async function keepDailySample(
  store: Store,
  schema: Schema,
  take: (schema: Schema) => Promise<CatalogueSample>,
  nowMs: number,
): Promise<void> {
  const day = floorToDay(nowMs);
  const isToday = and(eq(catalogueSamples.day, day), eq(catalogueSamples.schemaHash, schema.hash));
  const known = await store.db
    .select({ day: catalogueSamples.day })
    .from(catalogueSamples)
    .where(isToday);
  if (known.length > 0) return;
  const { items, bytes } = await take(schema);
  await store.write([
    store.db
      .insert(catalogueSamples)
      .values({ day, schemaHash: schema.hash, items, bytes: Buffer.from(bytes) })
      .onConflictDoNothing(),
  ]);
}

/** The days among some that have a sample of the catalogue under a schema, in order. */
export async function daysWithSamples(
  { db }: Pick<Store, 'db'>,
  schemaHash: string,
  days: readonly number[],
): Promise<number[]> {
  const rows = await db
    .select({ day: catalogueSamples.day })
    .from(catalogueSamples)
    .where(
      and(eq(catalogueSamples.schemaHash, schemaHash), inArray(catalogueSamples.day, [...days])),
    )
    .orderBy(catalogueSamples.day);
  return rows.map(({ day }) => day);
}

export async function readDailySample(
  { db }: Pick<Store, 'db'>,
  schemaHash: string,
  day: number,
): Promise<DailySample | undefined> {
  const [row] = await db
    .select()
    .from(catalogueSamples)
    .where(and(eq(catalogueSamples.schemaHash, schemaHash), eq(catalogueSamples.day, day)));
  return row && { day, items: row.items, table: snapshotFromBytes(row.bytes).table };
}
