export type Child = string | Node | null | undefined | false;
type Value = string | number | boolean | null | undefined;
export type Attributes = Readonly<Record<string, Value>>;

export interface Column {
  readonly label: string;
  readonly number?: boolean;
  /** Read aloud, and not shown. */
  readonly hidden?: boolean;
}

/** An HTML element. Text stays text: nothing that a route answers is ever read as markup. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] => fill(document.createElement(tag), attributes, children);

export const svg = (
  tag: string,
  attributes: Attributes = {},
  ...children: (Child | readonly Child[])[]
): SVGElement =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

function fill<T extends Element>(
  element: T,
  attributes: Attributes,
  children: readonly (Child | readonly Child[])[],
): T {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  for (const child of children.flat<readonly (Child | readonly Child[])[]>())
    if (child !== undefined && child !== null && child !== false) element.append(child);
  return element;
}

/** A part of a page: it is replaced as a whole when what it shows has changed. */
export interface Section {
  readonly id: string;
  readonly title?: string;
  /** Beside the title. */
  readonly tools?: readonly Child[];
  /** Takes the whole width, however wide that is. */
  readonly wide?: boolean;
  readonly content: readonly Child[];
}

/** @param label what the table is of, for those who do not see what stands above it. */
export const table = (
  label: string,
  head: readonly Column[],
  rows: readonly (readonly Child[])[],
): HTMLElement =>
  h(
    'div',
    // It may scroll, which the keyboard must reach.
    { class: 'scroll', role: 'region', 'aria-label': label, tabindex: 0 },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((column) =>
            h(
              'th',
              { scope: 'col', class: column.number && 'number' },
              column.hidden === true ? h('span', { class: 'unseen' }, column.label) : column.label,
            ),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((value, i) => h('td', { class: head[i].number && 'number' }, value)),
          ),
        ),
      ),
    ),
  );

/** Where there is nothing to show: why, and what to do next. */
export const empty = (text: string, ...next: Child[]): HTMLElement =>
  h('div', { class: 'empty' }, h('p', {}, text), next.length > 0 && h('p', {}, next));

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

export const badge = (text: string, tone: Tone): HTMLElement =>
  h('span', { class: `badge ${tone}` }, text);

export const notice = (tone: 'warn' | 'bad', ...children: Child[]): HTMLElement =>
  h('p', { class: `notice ${tone}` }, children);

export const code = (text: string): HTMLElement => h('code', {}, text);
export const mono = (text: string, title?: string): HTMLElement =>
  h('span', { class: 'mono', title }, text);
export const muted = (...children: Child[]): HTMLElement => h('p', { class: 'muted' }, children);

/** A moment, shown as `3 min ago`; the words are kept up to date by themselves. */
export const when = (atMs: number): HTMLElement =>
  h('time', {
    class: 'ago',
    datetime: new Date(atMs).toISOString(),
    title: new Date(atMs).toLocaleString(),
  });

/** @param press what a press does; while that takes, the button cannot be pressed again. */
export function button(
  label: string,
  kind: 'primary' | 'danger' | 'plain',
  press: () => unknown,
): HTMLButtonElement {
  const made = h('button', { type: 'button', class: kind }, label);
  made.addEventListener('click', () => {
    made.disabled = true;
    void Promise.resolve(press()).finally(() => {
      made.disabled = false;
    });
  });
  return made;
}

export interface Tile {
  readonly label: string;
  readonly value: Child;
  readonly remark?: Child;
  readonly tone?: Tone;
}

export const tiles = (list: readonly Tile[]): HTMLElement =>
  h(
    'dl',
    { class: 'tiles' },
    list.map(({ label, value, remark, tone }) =>
      h(
        'div',
        { class: tone },
        h('dt', {}, label),
        h('dd', {}, value, h('small', {}, remark ?? '')),
      ),
    ),
  );

/** Opens and closes; stays as it is when its section is shown anew. */
export const fold = (key: string, summary: Child, ...content: Child[]): HTMLElement =>
  h('details', { 'data-key': key }, h('summary', {}, summary), content);

/** Opens what has an id, where it can be folded: an anchor alone shows a line that is folded. @returns undefined where there is none. */
export function unfold(id: string): HTMLElement | undefined {
  const found = document.getElementById(id) ?? undefined;
  if (found instanceof HTMLDetailsElement) found.open = true;
  return found;
}
