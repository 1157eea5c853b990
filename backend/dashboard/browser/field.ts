import { h, type Child } from './dom.ts';
import { sentence } from './format.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: string;
  readonly type?: 'text' | 'number' | 'textarea' | 'select' | 'datetime-local';
  /** Of a selection, the words where they are not the value; of other fields, what is proposed. */
  readonly options?: readonly (string | readonly [value: string, label: string])[];
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
}

export function fieldOf({
  name,
  label,
  value = '',
  hint,
  type = 'text',
  options = [],
  required,
  ...bounds
}: Field): HTMLElement {
  const id = `field-${name}`;
  const hinted = hint === undefined ? undefined : `${id}-hint`;
  const common = { id, name, required, 'aria-describedby': hinted };
  const list = type !== 'select' && options.length > 0 ? `${id}-options` : undefined;
  const proposed = options.map((option) => {
    const [of, words] = typeof option === 'string' ? [option, option] : option;
    return h('option', { value: of, selected: type === 'select' && of === value }, words);
  });
  const control =
    type === 'textarea'
      ? h('textarea', { ...common, rows: 8, spellcheck: 'false' }, value)
      : type === 'select'
        ? h('select', common, proposed)
        : h('input', { ...common, ...bounds, type, value, list, autocomplete: 'off' });
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    control,
    list !== undefined && h('datalist', { id: list }, proposed),
    hint !== undefined && h('small', { id: hinted }, hint),
  );
}

export interface Rows {
  /** Before the number of a row: `arms` has `arms.0.name`. */
  readonly name: string;
  readonly legend: string;
  readonly hint?: string;
  /** What one of them is called. */
  readonly item: string;
  /** The number in the name of the first one. Default: 0. */
  readonly first?: number;
  readonly least: number;
  readonly most: number;
  readonly values: readonly Values[];
  readonly added: () => Values;
  /** Named by what a row has; one that is called `kind` decides about the others, which are made anew when it changes. */
  readonly fields: (row: Values) => readonly Field[];
}

/** What was typed into a row, by the names of its fields. */
export type Values = Readonly<Record<string, string>>;

/** Fields of which somebody may add more, and take some away. */
export function rowsOf(rows: Rows): HTMLFieldSetElement {
  const { name, legend, hint, item, first = 0, least, most, added, fields } = rows;
  const list = h('div', { class: 'rows' });
  const id = `fields-${name}`;
  const add = h('button', { type: 'button', class: 'plain' }, `Add ${article(item)} ${item}`);
  const now = () =>
    [...list.children].map((row) =>
      Object.fromEntries(
        [...row.querySelectorAll<HTMLInputElement>('[name]')].map(({ name: of, value }) => [
          of.slice(of.lastIndexOf('.') + 1),
          value,
        ]),
      ),
    );
  /** @param focus on the first field of this row, or where there is none on the button. */
  const show = (values: readonly Values[], focus?: number) => {
    list.replaceChildren(...values.map((row, i) => rowOf(row, i, values.length > least)));
    add.hidden = values.length >= most;
    if (focus === undefined) return;
    const at = list.children.item(Math.min(focus, values.length - 1));
    (at?.querySelector<HTMLElement>('[name]') ?? add).focus();
  };
  const rowOf = (row: Values, i: number, isSpare: boolean): HTMLElement => {
    const remove = h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Remove ${item} ${i + 1}` },
      'Remove',
    );
    remove.addEventListener('click', () => show(now().toSpliced(i, 1), i));
    const group = h(
      'div',
      { class: 'row', role: 'group', 'aria-label': `${item} ${i + 1}` },
      fields(row).map((field) =>
        fieldOf({ value: row[field.name], ...field, name: `${name}.${first + i}.${field.name}` }),
      ),
      isSpare && remove,
    );
    const kind = group.querySelector<HTMLSelectElement>('[name$=".kind"]');
    kind?.addEventListener('change', () => {
      show(now());
      document.getElementById(kind.id)?.focus();
    });
    return group;
  };
  add.addEventListener('click', () => show([...now(), added()], Infinity));
  show(rows.values);
  return h(
    'fieldset',
    // What is wrong with all of them is said here.
    { id, name, tabindex: -1 },
    h('legend', {}, legend),
    hint !== undefined && h('small', {}, hint),
    list,
    add,
  );
}

const article = (noun: string) => (/^[aeiou]/i.test(noun) ? 'an' : 'a');

/** More fields, for those who want them. */
export const furtherOf = (summary: string, ...content: Child[]): HTMLElement =>
  h('details', { class: 'further' }, h('summary', {}, summary), content);

/** The field that a path names, such as `arms.1.weight`, or else the one that it is within. */
export function controlOf(form: HTMLFormElement, path: string): HTMLElement | undefined {
  const found = form.elements.namedItem(path);
  if (found instanceof HTMLElement) return found;
  const end = path.lastIndexOf('.');
  return end < 0 ? undefined : controlOf(form, path.slice(0, end));
}

/** Says beside a field, and to those who do not see it, what is wrong with it. */
export function sayAt(control: HTMLElement, message: string): void {
  const id = `${control.id}-problem`;
  if (document.getElementById(id) !== null) return;
  const words = h('small', { id, class: 'problem' }, sentence(message));
  if (control instanceof HTMLFieldSetElement) control.append(words);
  else control.after(words);
  const described = control.getAttribute('aria-describedby');
  control.setAttribute('aria-describedby', described === null ? id : `${id} ${described}`);
  if (!(control instanceof HTMLFieldSetElement)) control.setAttribute('aria-invalid', 'true');
  const folded = control.closest('details');
  if (folded !== null) folded.open = true;
}

/** Takes back what was said of the fields of a form. */
export function withdraw(form: HTMLFormElement): void {
  for (const words of form.querySelectorAll('.problem')) words.remove();
  for (const control of form.querySelectorAll('[aria-describedby*="-problem"]')) {
    control.removeAttribute('aria-invalid');
    const rest = control
      .getAttribute('aria-describedby')!
      .split(' ')
      .filter((id) => !id.endsWith('-problem'));
    if (rest.length === 0) control.removeAttribute('aria-describedby');
    else control.setAttribute('aria-describedby', rest.join(' '));
  }
}
