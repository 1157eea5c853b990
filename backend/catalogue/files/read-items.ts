import { existsSync } from 'node:fs';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { readItemId, type ItemId } from '../../../shared/domain/ids.ts';
import { nfc } from '../../../shared/domain/nfc.ts';
import { checkItem } from '../../../shared/features/columns/item-table.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { jsonRows } from '../../table/json-rows.ts';
import { openTable } from '../../table/open-table.ts';
import type { ItemFile } from './item-file.ts';
import { idColumnOf, itemOfRow } from './item-row.ts';
import { mergeRows } from './merge-rows.ts';

/** What a file of items holds. */
export interface ItemsRead {
  /** Each id once. */
  readonly items: readonly Item[];
  /** Why a row is none of them, with its line. */
  readonly refused: readonly string[];
  /** The ids of refused rows, as far as they could be read: the file has those items, whatever is wrong with them. */
  readonly refusedIds: readonly ItemId[];
  /** Rows that went into the item of an earlier row. */
  readonly merged: number;
}

export type ItemFormat = 'table' | 'json';

const FORMATS: Readonly<Record<string, ItemFormat>> = {
  csv: 'table',
  tsv: 'table',
  jsonl: 'json',
  ndjson: 'json',
  json: 'json',
};

/** @throws ApiError `usage` where neither the file's name nor `--format` says it, or `no_file`. */
export function formatOf(file: string, given: string | undefined): ItemFormat {
  if (file !== '-' && !existsSync(file))
    throw new ApiError(400, 'no_file', `there is no file ${file}`);
  const named = given ?? /\.(\w+)(?:\.gz)?$/.exec(file)?.[1];
  const format = FORMATS[named?.toLowerCase() ?? ''];
  if (format !== undefined) return format;
  throw new ApiError(
    400,
    'usage',
    `is ${file} a table or JSON? Say so with --format csv or --format jsonl (or tsv, json)`,
  );
}

/**
 * Reads all items of a file: a second pass would find another file, and what is refused must be known before anything is sent.
 * @param columns of the schema that they must fit.
 * @throws ApiError 400 where the file as a whole cannot be read, naming the line; what is wrong with single rows is in `refused`.
 */
export async function readItems(
  file: string,
  options: ItemFile,
  columns: readonly ColumnSpec[],
): Promise<ItemsRead> {
  const isTable = formatOf(file, options.format) === 'table';
  const items: Item[] = [];
  /** By canonical form: ids that look alike are one. */
  const places = new Map<string, { readonly index: number; readonly where: string }>();
  const refused: string[] = [];
  const refusedIds: ItemId[] = [];
  let merged = 0;
  for await (const { row, where } of itemRows(file, options)) {
    try {
      const item = parseItem(itemOfRow(row(), columns, options, isTable));
      checkItem(columns, item);
      const before = places.get(nfc(item.id));
      if (before === undefined) {
        places.set(nfc(item.id), { index: items.length, where });
        items.push(item);
      } else if (options.merge === true) {
        items[before.index] = mergeRows(items[before.index], item);
        merged++;
      } else
        throw invalid(
          `item ${item.id} is on ${before.where} already${items[before.index].id === item.id ? '' : ', in another Unicode form'}: keep one of the two, or make one item of all rows with its id by --merge`,
        );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.push(`${where}: ${messageOf(error)}`);
      refusedIds.push(...idIn(row, options.idColumn));
    }
  }
  return { items, refused, refusedIds, merged };
}

/** The id of a row that is refused for something else; none where it has none that can be read. */
function idIn(row: ItemRow['row'], idColumn: string | undefined): ItemId[] {
  try {
    const cells = row();
    return [readItemId(cells[idColumnOf(Object.keys(cells), idColumn)])];
  } catch {
    return [];
  }
}

export interface ItemRow {
  /** Such as `line 3`. */
  readonly where: string;
  /** @throws ApiError where it is no object. */
  readonly row: () => Readonly<Record<string, unknown>>;
}

/** The rows of a file, as they are written. @throws ApiError 400 as `readItems`. */
export const itemRows = (file: string, options: ItemFile): AsyncGenerator<ItemRow> =>
  formatOf(file, options.format) === 'table' ? tableRows(file, options) : objectRows(file);

async function* tableRows(file: string, options: ItemFile): AsyncGenerator<ItemRow> {
  const table = await openTable(file, options);
  // Of the whole file, so it is told once and not for each row.
  idColumnOf(table.header, options.idColumn);
  for await (const { cells, line } of table.rows())
    yield {
      where: `line ${line}`,
      row: () => Object.fromEntries(table.header.map((name, i) => [name, cells[i]])),
    };
}

async function* objectRows(file: string): AsyncGenerator<ItemRow> {
  for await (const { value, where } of jsonRows(file))
    yield {
      where,
      row: () => {
        if (typeof value === 'object' && value !== null && !Array.isArray(value))
          return value as Record<string, unknown>;
        throw invalid('it is no object, so it has no "id"');
      },
    };
}

const MOST_TOLD = 10;

/** The refusals, the first ten in full. */
export const refusalsText = (refused: readonly string[]): string =>
  [
    ...refused.slice(0, MOST_TOLD).map((why) => `  ${why}`),
    ...(refused.length > MOST_TOLD ? [`  … and ${refused.length - MOST_TOLD} more`] : []),
  ].join('\n');
