import { h } from './dom.ts';

export type CsvRow = readonly (string | number | null | undefined)[];

/** A button that saves rows as a CSV file. The first row names the columns. */
export function csvButton(name: string, rows: () => readonly CsvRow[]): HTMLElement {
  const button = h('button', { type: 'button', class: 'quiet' }, 'CSV');
  button.addEventListener('click', () => saveCsv(name, rows()));
  return button;
}

function saveCsv(name: string, rows: readonly CsvRow[]): void {
  const text = rows.map((row) => row.map(cellOf).join(',')).join('\n');
  const url = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/csv' }));
  h('a', { href: url, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function cellOf(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  // A spreadsheet takes a text that begins so for a formula, and ids and searches are what visitors' pages send.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
