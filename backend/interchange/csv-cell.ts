/** What a spreadsheet takes for a formula, or trims to one (OWASP, "CSV Injection"): the dashboard's files are held to the same. */
const FORMULA = /^(?:[\t\r\n]|[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/;

/** A cell of CSV (RFC 4180). A text that would be a formula gets an apostrophe in front, as ids and texts are what others send. */
export function csvCell(value: string | number | null | undefined): string {
  if (typeof value !== 'string') return String(value ?? '');
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (cells: readonly (string | number | null | undefined)[]): string =>
  `${cells.map(csvCell).join(',')}\n`;
