import type { CsvRow } from '../../table/csv-text.ts';
import { csvButton } from './csv.ts';
import { h, type Child } from './dom.ts';

export interface Drawing {
  /** Of the page: a link to it can be shared. */
  readonly id: string;
  readonly title: string;
  /** What it says, in a sentence, for those who do not see it and for those who do. */
  readonly says?: string;
  /** What stands beside the title: a legend, what the pointer is on. */
  readonly beside?: readonly Child[];
  /** The drawing itself, hidden from those who cannot see it: they have the table. */
  readonly drawn: Element;
  readonly table: HTMLElement;
  readonly csv: () => readonly CsvRow[];
}

/** A figure with its numbers as a table and as CSV, and a link to it. */
export function drawing({ id, title, says, beside, drawn, table, csv }: Drawing): HTMLElement {
  const link = h('a', { href: `#${id}`, class: 'quiet' }, 'Link');
  link.addEventListener('click', () => {
    const address = new URL(`#${id}`, location.href).href;
    void navigator.clipboard?.writeText(address).then(
      () => (link.textContent = 'Copied'),
      () => undefined,
    );
  });
  return h(
    'figure',
    { class: 'chart', id, 'aria-label': title },
    h('figcaption', {}, h('h3', {}, title), beside ?? []),
    says !== undefined && h('p', { class: 'muted says' }, says),
    drawn,
    h(
      'div',
      { class: 'chart-foot' },
      h('details', { 'data-key': `table-${id}` }, h('summary', {}, 'Table'), table),
      h('span', { class: 'chart-tools' }, csvButton(id, csv), link),
    ),
  );
}
