import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { invalid } from '../../../../shared/domain/errors.ts';
import { messageOf } from '../../../../shared/text/message-of.ts';
import { delimiterOf } from './delimiter-of.ts';

export interface CsvRow {
  readonly cells: readonly string[];
  /** Line number in the file, 1-based as editors show it. */
  readonly line: number;
}

/** The header, and then each row as it is read. */
export interface CsvFile {
  readonly header: readonly string[];
  rows(): AsyncIterable<CsvRow>;
}

/** A quote that is never closed would make the rest of the file one row. */
const MAX_ROW_BYTES = 1024 * 1024;

/**
 * A CSV file, gzipped or not (recognised by its first bytes), with or without a byte-order mark and quotes; columns may be
 * separated by commas, semicolons or tabs.
 * @throws ApiError when there is no file, it is empty, or a row has another number of cells than the header.
 */
export async function openCsv(file: string): Promise<CsvFile> {
  if (!existsSync(file)) throw invalid(`there is no file ${file}`);
  const source = await bytesOf(file);
  const head = await headOf(source).catch((error: unknown) => {
    throw invalid(`${file}: ${messageOf(error)}`);
  });
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    trim: true,
    info: true,
    max_record_size: MAX_ROW_BYTES,
    delimiter: delimiterOf(head),
  });
  source.once('error', (error) => parser.destroy(error));
  source.pipe(parser);
  const records = parser[Symbol.asyncIterator]() as AsyncIterator<{
    record: string[];
    info: { lines: number };
  }>;
  const next = async () => {
    try {
      return await records.next();
    } catch (error) {
      throw invalid(`${file}: ${messageOf(error)}`);
    }
  };
  const first = await next();
  if (first.done === true) throw invalid(`${file} is empty: its first line must name the columns`);
  const header = first.value.record;
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`${file}: two columns are named "${twice}": rename one`);
  return {
    header,
    async *rows() {
      for (let row = await next(); row.done !== true; row = await next())
        yield { cells: row.value.record, line: row.value.info.lines };
    },
  };
}

async function bytesOf(file: string): Promise<Readable | Transform> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  await handle.close();
  const bytes = createReadStream(file);
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return bytes;
  const plain = createGunzip();
  bytes.once('error', (error) => plain.destroy(error));
  return bytes.pipe(plain);
}

/** The first bytes of a stream, which stay in it. */
async function headOf(source: Readable): Promise<Uint8Array> {
  await once(source, 'readable');
  const head = source.read() as Buffer | null;
  if (head !== null) source.unshift(head);
  return head ?? new Uint8Array();
}

/** The indexes of the columns. @throws ApiError naming the first column that is missing, and those that exist. */
export function placesOf(
  file: string,
  header: readonly string[],
  columns: readonly string[],
): ReadonlyMap<string, number> {
  for (const column of columns)
    if (!header.includes(column))
      throw invalid(`${file} has no column "${column}": it has ${header.join(', ')}`);
  return new Map(columns.map((column) => [column, header.indexOf(column)]));
}
