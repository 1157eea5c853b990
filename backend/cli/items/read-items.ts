import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { csvItem } from './csv-item.ts';
import { CliError } from '../../client/failure.ts';
import type { UploadedItem } from '../../client/upload-items.ts';

interface ItemRead extends UploadedItem {
  readonly [attribute: string]: unknown;
}

export type ItemFormat = 'csv' | 'jsonl';

/** `-` is stdin. @throws CliError when there is no such file. */
export function openItems(file: string): Readable {
  if (file === '-') return process.stdin;
  if (!existsSync(file)) throw new CliError(`there is no file ${file}`, 2);
  return createReadStream(file);
}

/** @throws CliError where neither the file's name nor `--format` says it. */
export function formatOf(file: string, given: string | undefined): ItemFormat {
  const named = given ?? /\.(csv|jsonl|ndjson)$/.exec(file)?.[1];
  if (named === 'csv') return 'csv';
  if (named === 'jsonl' || named === 'ndjson') return 'jsonl';
  throw new CliError(`is ${file} CSV or JSON lines? Say so with --format csv or --format jsonl`, 2);
}

/** Reads items one by one, as fast as they are consumed. @throws CliError naming the line. */
export async function* readItems(
  from: Readable,
  format: ItemFormat,
  columns: readonly ColumnSpec[],
): AsyncGenerator<ItemRead> {
  if (format === 'jsonl') yield* readJsonLines(from);
  else yield* readCsv(from, columns);
}

async function* readJsonLines(from: Readable): AsyncGenerator<ItemRead> {
  let lineNumber = 0;
  for await (const line of createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++;
    if (line.trim() === '') continue;
    yield withId(parseLine(line, lineNumber), lineNumber);
  }
}

async function* readCsv(from: Readable, columns: readonly ColumnSpec[]): AsyncGenerator<ItemRead> {
  // Imported here, so that what reads no CSV starts faster.
  const { parse } = await import('csv-parse');
  const records = from.pipe(
    parse({ columns: true, bom: true, skip_empty_lines: true, trim: true, info: true }),
  );
  // `pipe` does not forward errors.
  from.once('error', (error) => records.destroy(error));
  try {
    for await (const { record, info } of records) {
      yield withId(csvItem(record, columns), info.lines);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(messageOf(error));
  }
}

function parseLine(line: string, lineNumber: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new CliError(`line ${lineNumber} is not JSON: ${line.slice(0, 80)}`);
  }
}

function withId(value: unknown, lineNumber: number): ItemRead {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  if (typeof id === 'number' || (typeof id === 'string' && id !== ''))
    return Object.assign({}, value, { id: String(id) });
  throw new CliError(
    `line ${lineNumber} has no "id": every item needs one, unique in the catalogue`,
  );
}
