import { invalid } from '../../../shared/domain/errors.ts';
import { jsonRows } from '../../table/json-rows.ts';
import { openTable } from '../../table/open-table.ts';
import type { ItemFile } from './item-file.ts';
import { formatOf } from './read-items.ts';

export interface SampledRows {
  readonly header: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** The first rows of a file as they are written, whatever their ids. @throws ApiError 400 where it cannot be read or has no row. */
export async function sampleRows(
  file: string,
  options: ItemFile,
  most: number,
): Promise<SampledRows> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  if (formatOf(file, options.format) === 'table') {
    const table = await openTable(file, options);
    for await (const { cells } of table.rows()) {
      rows.push(Object.fromEntries(table.header.map((name, i) => [name, cells[i]])));
      if (rows.length === most) break;
    }
    return { header: table.header, rows: someOf(file, rows) };
  }
  for await (const { value, where } of jsonRows(file)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(`${file}: ${where} is no object`);
    rows.push(value as Readonly<Record<string, unknown>>);
    if (rows.length === most) break;
  }
  return { header: [...new Set(rows.flatMap(Object.keys))], rows: someOf(file, rows) };
}

function someOf<T>(file: string, rows: readonly T[]): readonly T[] {
  if (rows.length > 0) return rows;
  throw invalid(`${file} has no items: there is nothing to tell a schema from`);
}
