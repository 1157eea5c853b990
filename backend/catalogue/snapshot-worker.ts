import type { Client } from '@libsql/client';
import { transfer } from 'comlink';
import { serve } from '../process/serve.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { parseStoredItem, type Item } from '../../shared/domain/item.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { connect, type Database } from '../store/connect.ts';
import { refuseForeign } from './check-items.ts';
import { withoutOutdatedValues } from './outdated-values.ts';
import { buildSnapshot, type BuiltSnapshot } from './snapshot.ts';

const PAGE = 5000;

export interface StoredSnapshot extends BuiltSnapshot {
  /** Why values of stored items were left out: they were read less strictly when they were stored. */
  readonly dropped: readonly string[];
}

/** Reading and packing a large catalogue takes seconds, so it is not done in the thread that answers requests. */
const exposed = {
  async build(database: Database, schema: Schema): Promise<StoredSnapshot> {
    const client = connect(database);
    try {
      const dropped: string[] = [];
      const items = await stored(client, schema, (why) => dropped.push(why));
      const built = buildSnapshot(schema, items);
      return transfer({ ...built, dropped }, [built.bytes.buffer]);
    } finally {
      client.close();
    }
  },

  /** @returns how many items are stored. @throws ApiError 400 where they do not fit a schema that may become live. */
  async check(database: Database, schema: Schema): Promise<number> {
    const client = connect(database);
    try {
      const items = await stored(client, schema, () => undefined);
      refuseForeign(schema, items);
      return buildSnapshot(schema, items).items;
    } finally {
      client.close();
    }
  },
};

const stored = async (client: Client, schema: Schema, onDropped: (why: string) => void) =>
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

export type SnapshotWorker = typeof exposed;
serve(exposed);
