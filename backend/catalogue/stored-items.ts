import type { Client } from '@libsql/client';
import { parseStoredItem, type Item } from '../../shared/domain/item.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { withoutOutdatedValues } from './outdated-values.ts';

const PAGE = 5000;

/**
 * The catalogue in order of id, as a snapshot of it is packed.
 * @param onDropped is told why a value or an item is left out: it was read less strictly when it was stored.
 */
export const storedItems = async (
  client: Client,
  schema: Schema,
  onDropped: (why: string) => void = () => {},
): Promise<Item[]> =>
  (await readAll(client, onDropped)).map((item) =>
    withoutOutdatedValues(item, schema.columns, onDropped),
  );

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
      if (typeof id !== 'string' || typeof attributes !== 'string')
        throw new Error('the table of items holds no texts');
      after = id;
      try {
        all.push(parseStoredItem(id, JSON.parse(attributes)));
      } catch (error) {
        // One such item must not keep the whole catalogue from the edge.
        onDropped(`${messageOf(error)}; the item is left out`);
      }
    }
    if (rows.length < PAGE) return all;
  }
}
