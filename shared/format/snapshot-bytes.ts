import { sha256Hex } from '../hash/sha256.ts';
import { parseItemId } from '../domain/ids.ts';
import { parseTrade, type Trade } from '../domain/trade.ts';
import {
  checkDictionary,
  codesFor,
  type Codes,
  type Column,
  type ColumnValue,
  type ItemTable,
} from '../features/columns/item-table.ts';
import type { ColumnSpec } from '../features/columns/column-spec.ts';
import { idBytesOf } from '../features/columns/edited-ids.ts';
import { PackedIds, type IdBytes } from '../features/columns/packed-ids.ts';
import { knowRowsByCode, rowsByCode } from '../features/columns/rows-by-code.ts';
import { checkColumn, type Schema } from '../features/schema.ts';
import {
  blockCounts,
  blocksOf,
  FEW_ROWS,
  shiftOf,
  type CodeRanges,
  type ColumnBlocks,
  type RowBlocks,
} from '../score/row-blocks.ts';
import { ROWS as MOST_ROWS } from '../score/top-k.ts';
import { messageOf } from '../text/message-of.ts';
import { AlignedReader, AlignedWriter, lengthFrom } from './aligned.ts';
import { FormatError, type ByteReader } from './bytes.ts';
import { HEAD_BYTES, openFrame, sealFrame } from './frame.ts';

/**
 * A snapshot (packed catalogue) as bytes: frame `TTSN`. Format 2 is made to be read in place: a JSON header, then arrays that each begin at
 * a multiple of 16 bytes of the artifact. These are: the order of the ids, where groups of them begin, and their bytes (`packed-ids.ts`);
 * for each column its codes and how many rows have each code; and of more than 1,024 rows for each column and level that the header
 * lists, the least and the greatest code by block (`row-blocks.ts`). Format 3 is the same with the markets and exchange rates of the catalogue
 * in its header (`trade`); a catalogue that has neither is written in format 2.
 *
 * Format 1, which is read only: the item ids (JSON); for each column its spec and its dictionary (JSON), the width of a code in bytes (1,
 * 2 or 4) and the codes.
 */
const MAGIC = 'TTSN';
/** The one that is written of a catalogue with markets or exchange rates. */
export const NEWEST_SNAPSHOT_FORMAT = 3;
const WITHOUT_TRADE = 2;

/**
 * Size of the parts that a snapshot is stored in: well below KV's limit for a value, and read in less than a second.
 */
export const PART_BYTES = 4 * 1024 * 1024;

interface Header {
  readonly rows: number;
  readonly groups: number;
  /** Bytes of all ids. */
  readonly text: number;
  readonly columns: readonly HeaderColumn[];
  readonly trade?: Trade;
}

interface HeaderColumn {
  readonly spec: ColumnSpec;
  /** The dictionary, without the value that stands for a missing one. */
  readonly values: readonly ColumnValue[];
  /** Which levels of blocks have ranges; absent of few rows. */
  readonly levels?: readonly boolean[];
}

export function snapshotToBytes(
  schema: Pick<Schema, 'hash'>,
  table: ItemTable,
  trade?: Trade,
): Uint8Array<ArrayBuffer> {
  const { ids, columns } = table;
  const blocks = blocksOf(table);
  const { order, groups, text } = idBytesOf(ids);
  const header: Header = {
    rows: ids.length,
    groups: groups.length,
    text: text.length,
    columns: columns.map(({ spec, values }, i) => ({
      spec,
      values: values.slice(1),
      ...(blocks && { levels: blocks.columns[i].levels.map((ranges) => ranges !== undefined) }),
    })),
    ...(trade && { trade }),
  };
  const size = columns.reduce((sum, { codes }) => sum + codes.byteLength, text.length);
  const out = new AlignedWriter(HEAD_BYTES, 2 * size + 4 * ids.length);
  out.bytes.text(JSON.stringify(header));
  out.array(order).array(groups).array(text);
  columns.forEach((column, i) => {
    out.array(narrowest(column)).array(rowsByCode(column));
    for (const ranges of blocks?.columns[i].levels ?? [])
      if (ranges !== undefined) out.array(ranges.low).array(ranges.high);
  });
  const format = trade === undefined ? WITHOUT_TRADE : NEWEST_SNAPSHOT_FORMAT;
  return sealFrame(MAGIC, format, schema.hash, out.bytes.finish());
}

/** In which of its formats a snapshot is written. @param bytes with the head of its frame. */
export const snapshotFormatOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint16(MAGIC.length, true);

/** Equal tables give equal bytes, however wide the arrays of their codes are. */
function narrowest({ codes, values }: Column): Codes {
  const own = codesFor(values.length, codes.length);
  if (own.BYTES_PER_ELEMENT === codes.BYTES_PER_ELEMENT) return codes;
  own.set(codes);
  return own;
}

/** The content address of a snapshot, 32 hex digits: equal catalogues under the same schema have the same hash. */
export const snapshotHash = (bytes: Uint8Array): string => sha256Hex(bytes).slice(0, 32);

export interface Snapshot {
  readonly schemaHash: string;
  readonly table: ItemTable;
  /** Of many rows, if the snapshot has them. */
  readonly blocks?: RowBlocks;
  /** Absent where the catalogue has neither markets nor exchange rates. */
  readonly trade?: Trade;
}

/**
 * The table is a view of the bytes as far as they allow, so they must stay as they are.
 * @param isVerified the bytes have the hash that names them, so that they are not hashed once more.
 * @throws FormatError when the bytes are damaged, or a code points outside its dictionary.
 */
export function snapshotFromBytes(bytes: Uint8Array, isVerified = false): Snapshot {
  const { format, schemaHash, payload } = openFrame(
    MAGIC,
    NEWEST_SNAPSHOT_FORMAT,
    bytes,
    isVerified,
  );
  const read = format === 1 ? readLists(payload) : readInPlace(payload, format);
  payload.end();
  return { schemaHash, ...read };
}

function readInPlace(payload: ByteReader, format: number): Omit<Snapshot, 'schemaHash'> {
  const arrays = new AlignedReader(payload, HEAD_BYTES);
  const header = json<Partial<Header> | null>(payload);
  if (!Array.isArray(header?.columns)) throw new FormatError('the snapshot header has no columns');
  const rows = lengthFrom(header.rows, 'rows');
  if (rows > MOST_ROWS) throw new FormatError(`${rows} rows are more than can be told apart`);
  const groups = lengthFrom(header.groups, 'groups');
  const text = lengthFrom(header.text, 'text');
  const ids = idsFrom({
    order: arrays.array(Uint32Array, rows),
    groups: arrays.array(Uint32Array, groups),
    text: arrays.array(Uint8Array, text),
  });
  const counts = blockCounts(rows);
  const columns: Column[] = [];
  const blocks: ColumnBlocks[] = [];
  for (const own of header.columns as (Partial<HeaderColumn> | null)[]) {
    const { spec, values: listed, levels } = own ?? {};
    if (typeof spec?.name !== 'string' || !Array.isArray(listed))
      throw new FormatError('a snapshot column lacks its name or values');
    checkColumn(spec);
    checkDictionary(spec, listed);
    const values: ColumnValue[] = ['', ...listed];
    const codes = arrays.array<Codes>(codesType(values.length), rows);
    const column: Column = { spec, values, codes };
    checkCodes(column);
    knowRowsByCode(column, countsFrom(arrays, column));
    columns.push(column);
    if (Array.isArray(levels) && levels.length === counts.length)
      blocks.push({
        shift: shiftOf(values.length),
        levels: levels.map((has, level) =>
          has === true ? rangesFrom(arrays, counts[level], column) : undefined,
        ),
      });
  }
  return {
    table: { ids, columns, ordered: false },
    ...(blocks.length === columns.length &&
      rows > FEW_ROWS && { blocks: { counts, columns: blocks } }),
    ...(format > WITHOUT_TRADE && { trade: tradeFrom(header.trade) }),
  };
}

function tradeFrom(value: unknown): Trade {
  try {
    return parseTrade(value);
  } catch (error) {
    throw new FormatError(messageOf(error));
  }
}

function idsFrom(bytes: IdBytes): PackedIds {
  try {
    return new PackedIds(bytes);
  } catch (error) {
    throw new FormatError(messageOf(error));
  }
}

const codesType = (size: number) =>
  size <= 0x100 ? Uint8Array : size <= 0x1_0000 ? Uint16Array : Uint32Array;

function checkCodes({ spec, values, codes }: Column): void {
  const most = codes instanceof Uint8Array ? greatestByte(codes) : greatestWide(codes);
  if (most < values.length) return;
  const row = codes.findIndex((code) => code >= values.length);
  throw new FormatError(
    `column ${spec.name}: row ${row} has code ${codes[row]} of ${values.length}`,
  );
}

function greatestByte(codes: Uint8Array): number {
  let most = 0;
  for (let row = 0; row < codes.length; row++) if (codes[row] > most) most = codes[row];
  return most;
}

/** The same: a loop that meets arrays of one type alone is compiled to faster code. */
function greatestWide(codes: Uint16Array | Uint32Array): number {
  let most = 0;
  for (let row = 0; row < codes.length; row++) if (codes[row] > most) most = codes[row];
  return most;
}

/** How many rows have each code. By codes that some row has a search knows the most that rows can score. */
function countsFrom(arrays: AlignedReader, { spec, values, codes }: Column): Uint32Array {
  const counts = arrays.array(Uint32Array, values.length);
  let rows = 0;
  for (let code = 0; code < counts.length; code++) rows += counts[code];
  if (rows === codes.length) return counts;
  throw new FormatError(
    `column ${spec.name}: ${rows} rows are counted by code, of ${codes.length}`,
  );
}

/** The kernel reads what codes weigh at both ends of a range. */
function rangesFrom(
  arrays: AlignedReader,
  count: number,
  { spec: { name }, values }: Column,
): CodeRanges {
  const [low, high] = [arrays.array(Uint8Array, count), arrays.array(Uint8Array, count)];
  if (low.some((least, block) => least > high[block]))
    throw new FormatError(`column ${name}: a block has no codes`);
  if (greatestByte(high) > (values.length - 1) >> shiftOf(values.length))
    throw new FormatError(`column ${name}: a block has codes beyond its ${values.length} values`);
  return { low, high };
}

function readLists(payload: ByteReader): Omit<Snapshot, 'schemaHash'> {
  const ids = json<unknown[]>(payload);
  if (!Array.isArray(ids)) throw new FormatError('the snapshot ids are not a list');
  const count = payload.u16();
  const columns = Array.from({ length: count }, () => readColumn(payload, ids.length));
  return { table: { ids: ids.map(parseItemId), columns, ordered: false } };
}

function readColumn(payload: ByteReader, length: number): Column {
  const spec = json<ColumnSpec>(payload);
  const listed = json<ColumnValue[]>(payload);
  if (typeof spec?.name !== 'string' || !Array.isArray(listed))
    throw new FormatError('a snapshot column lacks its name or values');
  checkColumn(spec);
  checkDictionary(spec, listed);
  const values: ColumnValue[] = ['', ...listed];
  const width = payload.u8();
  if (width !== 1 && width !== 2 && width !== 4)
    throw new FormatError(`column ${spec.name}: code width ${width} is not 1, 2 or 4`);
  const block = payload.block();
  if (block.length !== length * width)
    throw new FormatError(
      `column ${spec.name}: ${block.length} bytes of codes for ${length} items`,
    );
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const codes = codesFor(values.length, length);
  for (let row = 0; row < length; row++) {
    const code =
      width === 1
        ? view.getUint8(row)
        : width === 2
          ? view.getUint16(2 * row, true)
          : view.getUint32(4 * row, true);
    if (code >= values.length)
      throw new FormatError(`column ${spec.name}: row ${row} has code ${code} of ${values.length}`);
    codes[row] = code;
  }
  return { spec, values, codes };
}

function json<T>(payload: ByteReader): T {
  const text = payload.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new FormatError('a snapshot section is not JSON');
  }
}
