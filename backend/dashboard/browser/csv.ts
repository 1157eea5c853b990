import { csvText, type CsvRow } from '../../table/csv-text.ts';
import { h } from './dom.ts';

/** A button that saves rows as a CSV file. The first row names the columns. */
export function csvButton(name: string, rows: () => readonly CsvRow[]): HTMLElement {
  const button = h('button', { type: 'button', class: 'quiet' }, 'CSV');
  button.addEventListener('click', () => saveCsv(name, rows()));
  return button;
}

function saveCsv(name: string, rows: readonly CsvRow[]): void {
  const url = URL.createObjectURL(new Blob([csvText(rows)], { type: 'text/csv' }));
  h('a', { href: url, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
