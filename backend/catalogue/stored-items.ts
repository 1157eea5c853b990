import type { Client } from '@libsql/client';
import { parseStoredItem, type Item } from '../../shared/domain/item.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { asPacked } from './as-packed.ts';
import type { ExchangeRates } from '../../shared/domain/exchange-rates.ts';

const PAGE = 5000;

/**
 * The catalogue in order of id, as a snapshot of it is packed.
 * @param rates that its prices are converted by. @param onDropped is told why a value or an item is left out: it was read less strictly when it was stored.
 */
export const storedItems = async (
  client: Client,
  schema: Schema,
  rates: ExchangeRates | undefined,
  onDropped: (why: string) => void = () => {},
): Promise<Item[]> =>
  (await readAll(client, onDropped)).map((item) =>
    asPacked(item, schema.columns, rates, onDropped),
  );

/** An item of which something was changed. */
export interface ChangedItem {
  readonly id: string;
  /** Of its last change. */
  readonly revision: number;
  /** As a snapshot of it is packed; absent: it is no more. */
  readonly item?: Item;
}

/**
 * What was changed since a revision, and is now: page by page, because servers limit an answer, and in one transaction, so that it fits
 * together.
 * @param from no change after this revision may be missing; it is not after `since`. @param most of more items nothing is read.
 * @returns undefined where it is more, or where changes are missing: another backend no longer needed them.
 */
export async function changedItems(
  client: Client,
  schema: Schema,
  rates: ExchangeRates | undefined,
  { from, since, most }: { readonly from: number; readonly since: number; readonly most: number },
  onDropped: (why: string) => void = () => {},
): Promise<ChangedItem[] | undefined> {
  const read = await client.transaction('read');
  try {
    const { rows: counts } = await read.execute({
      sql: `select (select count(*) from item_changes where revision > ?) as noted,
        (select count(distinct id) from item_changes where revision > ?) as items`,
      args: [from, since],
    });
    const { noted, items } = counts[0];
    // Revisions have no gaps but where changes were deleted.
    if (Number(noted) !== (await lastRevision(read)) - from || Number(items) > most)
      return undefined;
    const changed = new Map<string, ChangedItem>();
    for (let after = since; ;) {
      const { rows } = await read.execute({
        sql: `select c.revision, c.id, i.attributes from item_changes c left join items i on i.id = c.id
          where c.revision > ? order by c.revision limit ?`,
        args: [after, PAGE],
      });
      for (const { id: stored, revision, attributes } of rows) {
        const id = textOf(stored);
        after = Number(revision);
        const known = changed.get(id);
        if (known !== undefined) {
          changed.set(id, { ...known, revision: after });
          continue;
        }
        const item = attributes === null ? undefined : readItem(id, attributes, onDropped);
        changed.set(id, {
          id,
          revision: after,
          ...(item && { item: asPacked(item, schema.columns, rates, onDropped) }),
        });
      }
      if (rows.length < PAGE) return [...changed.values()];
    }
  } finally {
    read.close();
  }
}

/** @returns the number of the last change of any item; 0 where there was none since changes are noted. */
export async function lastRevision(client: Pick<Client, 'execute'>): Promise<number> {
  // Not the last one that is there: those that every base has are deleted.
  const { rows } = await client.execute(
    "select seq from sqlite_sequence where name = 'item_changes'",
  );
  return Number(rows[0]?.seq ?? 0);
}

/** @returns the ids of items that were changed after one revision and up to another. */
export async function changedIds(client: Client, after: number, upTo: number): Promise<string[]> {
  const { rows } = await client.execute({
    sql: 'select distinct id from item_changes where revision > ? and revision <= ?',
    args: [after, upTo],
  });
  return rows.map(({ id }) => textOf(id));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error('the table of items holds no texts');
}

function readItem(
  id: string,
  attributes: unknown,
  onDropped: (why: string) => void,
): Item | undefined {
  const text = textOf(attributes);
  try {
    return parseStoredItem(id, JSON.parse(text));
  } catch (error) {
    // One such item must not keep the whole catalogue from the edge.
    onDropped(`${messageOf(error)}; the item is left out`);
    return undefined;
  }
}

/** Page by page, in order of id. Plain SQL, because loading drizzle in this thread takes longer than packing. */
async function readAll(client: Client, onDropped: (why: string) => void): Promise<Item[]> {
  const all: Item[] = [];
  let after = '';
  for (;;) {
    const { rows } = await client.execute({
      sql: 'select id, attributes from items where id > ? order by id limit ?',
      args: [after, PAGE],
    });
    for (const { id, attributes } of rows) {
      after = textOf(id);
      const item = readItem(after, attributes, onDropped);
      if (item !== undefined) all.push(item);
    }
    if (rows.length < PAGE) return all;
  }
}
