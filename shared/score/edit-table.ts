import type { ItemId } from '../domain/ids.ts';
import { utf8ToBytes } from '../hash/utf8.ts';
import { firstIndex } from '../features/columns/binary-search.ts';
import { EditedIds } from '../features/columns/edited-ids.ts';
import {
  codesFor,
  keyOf,
  type Codes,
  type Column,
  type ColumnValue,
  type ItemTable,
} from '../features/columns/item-table.ts';
import { compareBytes } from '../features/columns/packed-ids.ts';
import { moveEntries, rowMoves, type RowMoves } from '../features/columns/row-moves.ts';
import { knowRowsByCode, rowsByCode } from '../features/columns/rows-by-code.ts';
import { BLOCK_ROWS, blockCounts, columnBlocks, editedBlocks, FEW_ROWS } from './row-blocks.ts';
import type { CodeRanges, ColumnBlocks, RowBlocks } from './row-blocks.ts';
import type { RankableTable } from './rankable.ts';
import { tableSpace, type TableSpace } from './stored-table.ts';
import { ROWS as MOST_ROWS } from './top-k.ts';

/** What became of some items of a catalogue: how all others are, a table that it is applied to knows. */
export interface TableEdit {
  /** Columns that rows are sorted by, as their places in the table (`sortColumns`), before and afterwards. */
  readonly sort: readonly number[];
  /** Items that are no more. Those that the table does not have are none already. */
  readonly withdrawn: readonly string[];
  /** Items that are new or different, as they are now. */
  readonly put: ItemTable;
}

/** A table with its blocks, and where its items are. */
export type EditableTable = Pick<RankableTable, 'table' | 'blocks' | 'rows'>;

export interface EditedTable {
  readonly table: ItemTable;
  readonly blocks?: RowBlocks;
}

/**
 * The table of a catalogue in which some items differ, as `catalogueTable` makes it of all of them: the same rows in the same places,
 * so the same ties, and the same dictionaries and codes. Rows are copied in runs; a column is written anew only where its
 * dictionary has lost or won values. Nothing of the table that it was made from is changed or kept.
 * @throws RangeError where it does not fit the table.
 */
export function editTable(
  { table, blocks, rows }: EditableTable,
  { sort, withdrawn, put }: TableEdit,
): EditedTable {
  checkFits(table, sort, put);
  const putIds = [...put.ids];
  const removed = [...new Set([...putIds, ...withdrawn].map((id) => rows.get(id) ?? -1))]
    .filter((row) => row >= 0)
    .toSorted((a, b) => a - b);
  const dictionaries = table.columns.map((column, i) =>
    editDictionary(column, removed, put.columns[i]),
  );
  const added = placesOf(table, sort, dictionaries, putIds);
  const moves = rowMoves(
    table.ids.length,
    removed,
    added.map(({ place }) => place),
  );
  if (moves.rows > MOST_ROWS)
    throw new RangeError(`${moves.rows} rows are more than can be told apart`);
  const counts = moves.rows > FEW_ROWS ? blockCounts(moves.rows) : undefined;
  const space =
    counts &&
    tableSpace(
      counts,
      moves.rows,
      dictionaries.map(({ values }) => values.length),
    );
  const columns = table.columns.map((column, i) =>
    editColumn(
      column,
      dictionaries[i],
      moves,
      added.map(({ index }) => index),
      space,
    ),
  );
  const edited: ItemTable = {
    ids: EditedIds.of(
      table.ids,
      moves,
      added.map(({ index }) => putIds[index]),
    ),
    columns,
    ordered: false,
  };
  origins.set(edited, { from: new WeakRef(table), moves });
  if (counts === undefined) return { table: edited };
  const differs = differingBlocks(moves, counts[0]);
  return {
    table: edited,
    blocks: {
      counts,
      columns: columns.map((column, i) => {
        const before = blocks?.columns[i];
        return inSpace(
          before === undefined || dictionaries[i].codes !== undefined
            ? columnBlocks(column, counts)
            : editedBlocks(column, counts, before, differs),
          space,
        );
      }),
    },
  };
}

/** By table what it was made from; a table that nobody else keeps may go. */
const origins = new WeakMap<ItemTable, { from: WeakRef<ItemTable>; moves: RowMoves }>();

/** @returns where the rows of the one table went in the other; undefined unless that was made from it in one step. */
export function movesBetween(before: ItemTable, after: ItemTable): RowMoves | undefined {
  const origin = origins.get(after);
  return origin?.from.deref() === before ? origin.moves : undefined;
}

function checkFits(table: ItemTable, sort: readonly number[], put: ItemTable): void {
  const specsOf = ({ columns }: ItemTable) => JSON.stringify(columns.map(({ spec }) => spec));
  if (specsOf(table) !== specsOf(put)) throw new RangeError('an edit is of other columns');
  const isOrder =
    sort.length === table.columns.length &&
    new Set(sort).size === sort.length &&
    sort.every((column) => column in table.columns);
  if (!isOrder) throw new RangeError('an edit does not say how rows are sorted');
  if (new Set(put.ids).size !== put.ids.length) throw new RangeError('an edit has an item twice');
}

interface Dictionary {
  readonly values: readonly ColumnValue[];
  /** Twice the new code by code before; between two of them where no row has the value any more. */
  readonly places: (code: number) => number;
  /** New codes by codes before; absent: they are the same. */
  readonly codes?: Uint32Array;
  /** New codes by row of what is put. */
  readonly put: Uint32Array;
  /** How many rows have each code. */
  readonly rows: Uint32Array;
}

/** A dictionary holds the values that some row has, and no others. */
function editDictionary(column: Column, removed: readonly number[], put: Column): Dictionary {
  const { values, codes } = column;
  const rows = rowsByCode(column).slice();
  for (const row of removed) rows[codes[row]]--;
  // By code of what is put: the code that it has here, or before which it comes.
  const found = put.values.map((value, code) => {
    if (code === 0) return { at: 0, isThere: true };
    const key = keyOf(value);
    const at = firstIndex(1, values.length, (i) => keyOf(values[i]) >= key);
    return { at, isThere: at < values.length && keyOf(values[at]) === key };
  });
  const putRows = rowsByCode(put);
  const isNew = (code: number) => putRows[code] > 0 && !found[code].isThere;
  found.forEach(({ at, isThere }, code) => {
    if (isThere) rows[at] += putRows[code];
  });
  let isSame = !found.some((_, code) => isNew(code));
  for (let code = 1; isSame && code < rows.length; code++) isSame = rows[code] > 0;
  if (isSame)
    return {
      values,
      places: (code) => 2 * code,
      put: Uint32Array.from(put.codes, (code) => found[code].at),
      rows,
    };
  const newValues: ColumnValue[] = [''];
  const newRows = [rows[0]];
  const places = new Uint32Array(values.length);
  const newCodes = new Uint32Array(values.length);
  const putCodes = new Uint32Array(put.values.length);
  const add = (value: ColumnValue, count: number) => {
    newValues.push(value);
    newRows.push(count);
    return newValues.length - 1;
  };
  let next = 1;
  for (let code = 1; code <= values.length; code++) {
    for (; next < found.length && found[next].at === code && !found[next].isThere; next++)
      if (isNew(next)) putCodes[next] = add(put.values[next], putRows[next]);
    if (code === values.length) break;
    if (rows[code] > 0) places[code] = 2 * (newCodes[code] = add(values[code], rows[code]));
    else places[code] = 2 * (newValues.length - 1) + 1;
    for (; next < found.length && found[next].at === code; next++) putCodes[next] = newCodes[code];
  }
  return {
    values: newValues,
    places: (code) => places[code],
    codes: newCodes,
    put: Uint32Array.from(put.codes, (code) => putCodes[code]),
    rows: Uint32Array.from(newRows),
  };
}

/** @returns in the order of their rows: which of what is put, and before which row of the table it comes. */
function placesOf(
  { ids, columns }: ItemTable,
  sort: readonly number[],
  dictionaries: readonly Dictionary[],
  putIds: readonly ItemId[],
): { readonly index: number; readonly place: number }[] {
  const bytes = putIds.map(utf8ToBytes);
  const isBefore = (row: number, index: number) => {
    for (const column of sort) {
      const { places, put } = dictionaries[column];
      const difference = places(columns[column].codes[row]) - 2 * put[index];
      if (difference !== 0) return difference < 0;
    }
    return compareBytes(utf8ToBytes(ids.at(row)!), bytes[index]) < 0;
  };
  const compare = (a: number, b: number) => {
    for (const column of sort) {
      const { put } = dictionaries[column];
      if (put[a] !== put[b]) return put[a] - put[b];
    }
    return compareBytes(bytes[a], bytes[b]);
  };
  return [...putIds.keys()].toSorted(compare).map((index) => ({
    index,
    place: firstIndex(0, ids.length, (row) => !isBefore(row, index)),
  }));
}

function editColumn(
  column: Column,
  { values, codes: newCodes, put, rows }: Dictionary,
  moves: RowMoves,
  added: readonly number[],
  space: TableSpace | undefined,
): Column {
  const codes = space?.codes(values.length, moves.rows) ?? codesFor(values.length, moves.rows);
  if (newCodes === undefined) moveEntries(moves, column.codes, codes);
  else renumber(moves, column.codes, codes, newCodes);
  added.forEach((index, i) => (codes[moves.added[i]] = put[index]));
  const edited = { ...column, values, codes };
  knowRowsByCode(edited, rows);
  return edited;
}

function renumber(
  { before, after, lengths }: RowMoves,
  from: Codes,
  to: Codes,
  newCodes: Uint32Array,
): void {
  for (let run = 0; run < before.length; run++)
    for (let i = before[run], at = after[run], left = lengths[run]; left > 0; left--)
      to[at++] = newCodes[from[i++]];
}

/** By block of 64 rows: 0 where its rows are those that it had before. */
function differingBlocks({ before, after, lengths }: RowMoves, count: number): Uint8Array {
  const differs = new Uint8Array(count).fill(1);
  before.forEach((start, run) => {
    if (start !== after[run]) return;
    const end = Math.floor((start + lengths[run]) / BLOCK_ROWS);
    differs.fill(0, Math.min(Math.ceil(start / BLOCK_ROWS), end), end);
  });
  return differs;
}

function inSpace({ shift, levels }: ColumnBlocks, space: TableSpace | undefined): ColumnBlocks {
  if (space === undefined) return { shift, levels };
  return {
    shift,
    levels: levels.map(
      (ranges): CodeRanges | undefined =>
        ranges && { low: space.ranges(ranges.low), high: space.ranges(ranges.high) },
    ),
  };
}
