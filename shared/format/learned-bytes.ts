import { parseItemId } from '../domain/ids.ts';
import {
  LEARNED_DAYS,
  LEARNED_MEASURES,
  type LearnedColumn,
  type LearnedColumns,
} from '../features/columns/learned-columns.ts';
import { ByteWriter, FormatError, type ByteReader } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';

/**
 * Learned columns as bytes: frame `TTLC` without a schema, as all schemas read the same columns; the item ids (JSON), ascending by
 * code units; the number of columns (u8); for each its measure (u8), its days (u8), the number of its levels (u8), the levels
 * (f64), and the codes (a block). Content that is equal gives equal bytes, which `snapshotHash` names.
 */
const MAGIC = 'TTLC';
const FORMAT = 1;

export function learnedToBytes({ ids, columns }: LearnedColumns): Uint8Array<ArrayBuffer> {
  const payload = new ByteWriter().text(JSON.stringify(ids)).u8(columns.length);
  for (const { of, days, levels, codes } of columns) {
    payload.u8(LEARNED_MEASURES.indexOf(of)).u8(days).u8(levels.length);
    for (const level of levels) payload.f64(level);
    payload.block(codes);
  }
  return sealFrame(MAGIC, FORMAT, undefined, payload.finish());
}

/** @throws FormatError when the bytes are damaged or of another kind; ApiError when an id is invalid. */
export function learnedFromBytes(bytes: Uint8Array): LearnedColumns {
  const { payload } = openFrame(MAGIC, FORMAT, bytes);
  const ids = readIds(payload.text()).map(parseItemId);
  if (ids.some((id, row) => row > 0 && ids[row - 1] >= id))
    throw new FormatError('the ids of learned columns are not in order');
  const columns = Array.from({ length: payload.u8() }, () => readColumn(payload, ids.length));
  payload.end();
  return { ids, columns };
}

function readIds(text: string): unknown[] {
  try {
    const ids: unknown = JSON.parse(text);
    if (Array.isArray(ids)) return ids;
  } catch {
    // Said below.
  }
  throw new FormatError('the ids of learned columns are not a list');
}

function readColumn(payload: ByteReader, length: number): LearnedColumn {
  const of = LEARNED_MEASURES[payload.u8()];
  const window = payload.u8();
  const days = LEARNED_DAYS.find((one) => one === window);
  if (of === undefined || days === undefined)
    throw new FormatError('a learned column is of no known measure or window');
  const levels = new Float64Array(payload.u8());
  for (let i = 0; i < levels.length; i++) levels[i] = payload.f64();
  if (!levels.every((level, i) => Number.isFinite(level) && (i === 0 || level > levels[i - 1])))
    throw new FormatError(`${of} of ${days} days: levels do not rise`);
  const codes = payload.block().slice();
  if (codes.length !== length || codes.some((code) => code > levels.length))
    throw new FormatError(`${of} of ${days} days: codes do not go with items and levels`);
  return { of, days, levels, codes };
}
