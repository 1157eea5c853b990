import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { csvLine } from '../../table/csv-text.ts';
import {
  exportColumns,
  type ExportCell,
  type ExportColumn,
  type ExportFormat,
} from './training-rows.ts';

/** Writes rows in one format, piece by piece, so that no more than a piece of a day is held. */
export interface RowWriter {
  /** What stands before the first row. @param isFirst whether this is the beginning of the file. */
  begin(isFirst: boolean): Uint8Array;
  rows(rows: readonly (readonly ExportCell[])[]): Uint8Array;
  end(): Uint8Array;
}

export function rowWriter(format: ExportFormat, features: readonly string[]): RowWriter {
  const columns = exportColumns(features);
  switch (format) {
    case 'csv':
      return textWriter(csvLine(columns.map(({ name }) => name)), (row) => csvLine(row));
    case 'libsvm':
      return textWriter('', libsvmLine(columns, features.length));
    case 'parquet':
      return parquetWriter(columns);
    default:
      throw format satisfies never;
  }
}

function textWriter(header: string, line: (row: readonly ExportCell[]) => string): RowWriter {
  const encoder = new TextEncoder();
  return {
    begin: (isFirst) => encoder.encode(isFirst ? header : ''),
    rows: (rows) => encoder.encode(rows.map(line).join('')),
    end: () => new Uint8Array(),
  };
}

/**
 * `label qid:group 1:code 2:code …`, features numbered from 1 as LightGBM, XGBoost and scikit-learn number them. Codes 0 are written, as
 * XGBoost takes what is left out for missing.
 */
function libsvmLine(columns: readonly ExportColumn[], features: number) {
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const [label, group, first] = [at('label'), at('group'), at('label') + 1];
  return (row: readonly ExportCell[]): string => {
    const codes = row.slice(first, first + features).map((code, i) => `${i + 1}:${code}`);
    return `${row[label]} qid:${row[group]} ${codes.join(' ')}\n`;
  };
}

const TYPES = { text: 'BYTE_ARRAY', whole: 'INT32', number: 'DOUBLE' } as const;

function parquetWriter(columns: readonly ExportColumn[]): RowWriter {
  const elements = columns.map(({ name, type }): SchemaElement => ({
    name,
    type: TYPES[type],
    ...(type === 'text' && { converted_type: 'UTF8' }),
    repetition_type: 'OPTIONAL',
  }));
  const bytes = new ByteWriter();
  const file = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: elements.length }, ...elements],
    createdBy: 'trimtab',
  });
  /** What was written since; places in the file are counted on. */
  const taken = (): Uint8Array => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  return {
    begin: taken,
    rows(rows) {
      const columnData = columns.map(({ name }, i) => ({ name, data: rows.map((row) => row[i]) }));
      void file.write({ columnData, rowGroupSize: Math.max(rows.length, 1) });
      return taken();
    },
    end() {
      void file.finish();
      return taken();
    },
  };
}
