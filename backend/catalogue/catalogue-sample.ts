import type { Client } from '@libsql/client';
import { parseStoredItem, type Item } from '../../shared/domain/item.ts';
import { murmur3 } from '../../shared/explore/murmur3.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';
import { asPacked } from './as-packed.ts';
import { readRates } from './read-trade.ts';
import type { ExchangeRates } from '../../shared/domain/exchange-rates.ts';

/** Some of a catalogue's items, as a snapshot of these alone. */
export interface CatalogueSample {
  /** How many items the whole catalogue has. */
  readonly items: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const PAGE = 20_000;
const SALT = 0x7a11;

/** An item's place in the order by which samples are drawn: random in what the item is like, and always the same. */
export const sampleRank = (id: string): number => murmur3(id, SALT);

/**
 * The `size` items that come first by a hash of their ids (bottom-k sketch: Cohen & Kaplan, 2007): a random sample, which of
 * an unchanged catalogue is always the same one, so that two of them also tell what share of the items is new or gone.
 */
export async function readCatalogueSample(
  client: Client,
  schema: Schema,
  size: number,
): Promise<CatalogueSample> {
  let items = 0;
  let first: { readonly id: string; readonly rank: number }[] = [];
  let after = '';
  for (;;) {
    const { rows } = await client.execute({
      sql: 'select id from items where id > ? order by id limit ?',
      args: [after, PAGE],
    });
    const ids = rows.map(({ id }) => textOf(id));
    items += ids.length;
    first = [...first, ...ids.map((id) => ({ id, rank: sampleRank(id) }))]
      .toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
      .slice(0, size);
    if (ids.length < PAGE) break;
    after = ids[ids.length - 1];
  }
  const { rows } = await client.execute({
    sql: 'select id, attributes from items where id in (select value from json_each(?)) order by id',
    args: [JSON.stringify(first.map(({ id }) => id))],
  });
  const rates = await readRates(client);
  const sampled = rows.flatMap(({ id, attributes }) =>
    itemOf(schema, rates, id, textOf(attributes)),
  );
  return { items, bytes: snapshotToBytes(schema, packItems(schema.columns, sampled)) };
}

function textOf(cell: unknown): string {
  if (typeof cell !== 'string') throw new Error('the table of items holds no texts');
  return cell;
}

/** What cannot be packed is left out, as of a snapshot. */
function itemOf(
  schema: Schema,
  rates: ExchangeRates | undefined,
  id: unknown,
  attributes: string,
): Item[] {
  try {
    const item = parseStoredItem(id, JSON.parse(attributes));
    return [asPacked(item, schema.columns, rates, () => {})];
  } catch {
    return [];
  }
}
