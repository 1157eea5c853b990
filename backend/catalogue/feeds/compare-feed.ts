import type { Client } from '@libsql/client';
import { invalid } from '../../../shared/domain/errors.ts';
import { packPriced } from '../check-values.ts';
import { readRates } from '../read-trade.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { count, counted } from '../../../shared/text/text.ts';
import { refuseForeign } from '../check-items.ts';
import type { ItemFile } from '../files/item-file.ts';
import { readItems, refusalsText } from '../files/read-items.ts';

export interface FeedFile {
  readonly name: string;
  readonly file: string;
  readonly read: ItemFile;
  /** Whose items stay theirs: the other feeds that are configured. */
  readonly otherFeeds: readonly string[];
  readonly maxRefusedShare: number;
}

/** What a feed would change. */
export interface FeedChanges {
  /** Id and attributes as JSON of items that are new, different, or not this feed's yet. */
  readonly put: readonly (readonly [id: string, attributes: string])[];
  /** Ids of this feed's items that it has no more. */
  readonly missing: readonly string[];
  readonly created: number;
  readonly different: number;
  readonly unchanged: number;
  /** How many items are this feed's so far. */
  readonly owned: number;
  readonly refused: number;
  /** The first refusals; empty where there are none. */
  readonly refusals: string;
}

const PAGE = 5000;
const MOST_TOLD = 3;

/**
 * Compares a feed with the catalogue. Items that were put by hand become this feed's once it has them; items of another feed stay
 * that one's, and their rows are refused. What a refused row has stays as it is.
 * @throws ApiError 400 where the feed as a whole is not to be used.
 */
export async function compareFeed(
  client: Client,
  schema: Schema,
  { name, file, read, otherFeeds, maxRefusedShare }: FeedFile,
): Promise<FeedChanges> {
  const found = await readItems(file, read, schema.columns).catch((error: unknown) => {
    // Nobody knows the file that the feed was brought into.
    throw invalid(messageOf(error).replaceAll(`${file}: `, '').replaceAll(file, 'the feed'));
  });
  const refused = [...found.refused];
  const stays = new Set<string>(found.refusedIds);
  const given = new Map(found.items.map((item) => [item.id as string, item]));
  const others = new Set(otherFeeds);
  const missing: string[] = [];
  const put: [string, string][] = [];
  let [different, unchanged, owned] = [0, 0, 0];
  for await (const { id, attributes, feed } of storedRows(client)) {
    if (feed === name) owned++;
    const item = given.get(id);
    if (item === undefined) {
      if (feed === name && !stays.has(id)) missing.push(id);
      continue;
    }
    given.delete(id);
    if (feed !== null && others.has(feed)) {
      refused.push(`item ${id} is of feed ${feed}: one of the two may have it`);
      continue;
    }
    const now = JSON.stringify(item.attributes);
    if (now !== attributes) different++;
    else unchanged++;
    if (now !== attributes || feed !== name) put.push([id, now]);
  }
  for (const { id, attributes } of given.values()) put.push([id, JSON.stringify(attributes)]);
  const rows = found.items.length + found.merged + found.refused.length;
  const refusals = refusalsText(refused);
  if (refused.length > maxRefusedShare * rows)
    // On one line, as it goes into an alert and the log.
    throw invalid(
      `${count(refused.length)} of ${counted(rows, 'row')} refused: ${refused.slice(0, MOST_TOLD).join('; ')}${refused.length > MOST_TOLD ? '; …' : ''}`,
    );
  if (found.items.length === 0) throw invalid('it has no items');
  refuseForeign(schema, found.items);
  packPriced(schema.columns, found.items, await readRates(client));
  return {
    put,
    missing,
    created: given.size,
    different,
    unchanged,
    owned,
    refused: refused.length,
    refusals,
  };
}

interface StoredRow {
  readonly id: string;
  readonly attributes: string;
  readonly feed: string | null;
}

async function* storedRows(client: Client): AsyncGenerator<StoredRow> {
  let after = '';
  for (;;) {
    const { rows } = await client.execute({
      sql: 'select id, attributes, feed from items where id > ? order by id limit ?',
      args: [after, PAGE],
    });
    for (const row of rows) yield row as unknown as StoredRow;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id as string;
  }
}
