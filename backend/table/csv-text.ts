/** Numbers and texts are told apart by their type: what is a number has to come as one. */
export type CsvRow = readonly (string | number | null | undefined)[];

/**
 * A CSV file (RFC 4180) that a spreadsheet opens without computing anything. The first row names the columns.
 */
export const csvText = (rows: readonly CsvRow[]): string => rows.map(csvLine).join('');

/** One row of such a file, with its end of line. */
export const csvLine = (row: CsvRow): string => `${row.map(cellOf).join(',')}\n`;

/**
 * What a spreadsheet takes for a formula, or trims to one: ids and searches are what visitors' pages send. After OWASP's "CSV Injection", with
 * the full-width forms, which some read alike.
 */
const FORMULA = /^(?:[\t\r\n]|[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/;

function cellOf(value: CsvRow[number]): string {
  if (typeof value !== 'string') return String(value ?? '');
  const safe = FORMULA.test(value) ? `'${value}` : value;
  // A semicolon and a tab separate columns where a computer is set so: a quoted text stays one.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
