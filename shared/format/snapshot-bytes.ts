import { sha256Hex } from '../hash/sha256.ts';
import { parseItemId } from '../domain/ids.ts';
import {
  checkDictionary,
  codesFor,
  type Codes,
  type Column,
  type ColumnValue,
  type ItemTable,
} from '../features/columns/item-table.ts';
import type { ColumnSpec } from '../features/columns/column-spec.ts';
import { checkColumn, type Schema } from '../features/schema.ts';
import { ByteWriter, FormatError, type ByteReader } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';

/**
 * A snapshot (packed catalogue) as bytes: frame `TTSN`; the item ids (JSON); for each column its spec and its
 * dictionary (JSON), the width of a code in bytes (1, 2 or 4) and the codes.
 */
const MAGIC = 'TTSN';
const FORMAT = 1;

/**
 * Size of the parts that a snapshot is stored in: well below KV's limit for a value, and read in less than a second.
 */
export const PART_BYTES = 4 * 1024 * 1024;

export function snapshotToBytes(schema: Schema, table: ItemTable): Uint8Array<ArrayBuffer> {
  const payload = new ByteWriter().text(JSON.stringify(table.ids)).u16(table.columns.length);
  for (const { spec, values, codes } of table.columns) {
    payload.text(JSON.stringify(spec)).text(JSON.stringify(values.slice(1)));
    const width = values.length <= 0x100 ? 1 : values.length <= 0x1_0000 ? 2 : 4;
    payload.u8(width).block(packCodes(codes, width));
  }
  return sealFrame(MAGIC, FORMAT, schema.hash, payload.finish());
}

function packCodes(codes: Codes, width: 1 | 2 | 4): Uint8Array {
  const out = new ByteWriter();
  for (const code of codes) {
    if (width === 1) out.u8(code);
    else if (width === 2) out.u16(code);
    else out.u32(code);
  }
  return out.finish();
}

/** The content address of a snapshot, 32 hex digits: equal catalogues under the same schema have the same hash. */
export const snapshotHash = (bytes: Uint8Array): string => sha256Hex(bytes).slice(0, 32);

export interface Snapshot {
  readonly schemaHash: string;
  readonly table: ItemTable;
}

/** @throws FormatError when the bytes are damaged, or a code points outside its dictionary. */
export function snapshotFromBytes(bytes: Uint8Array): Snapshot {
  const { schemaHash, payload } = openFrame(MAGIC, FORMAT, bytes);
  const ids = json<unknown[]>(payload);
  if (!Array.isArray(ids)) throw new FormatError('the snapshot ids are not a list');
  const count = payload.u16();
  const columns = Array.from({ length: count }, () => readColumn(payload, ids.length));
  payload.end();
  return { schemaHash, table: { ids: ids.map(parseItemId), columns, ordered: false } };
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
