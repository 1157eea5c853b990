import { button, h, type Child } from './dom.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: string;
  readonly type?: 'text' | 'number' | 'textarea' | 'select';
  readonly options?: readonly string[];
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
}

export interface Asked {
  readonly title: string;
  /** What will happen. */
  readonly about: readonly Child[];
  readonly fields?: readonly Field[];
  /** Has to be typed, so that nobody does this by a slip. */
  readonly word?: string;
  readonly action: string;
  readonly tone?: 'primary' | 'danger';
  /** What was typed, by the names of the fields. @throws Error whose message is shown, and the dialog stays. */
  readonly act: (given: Readonly<Record<string, string>>) => Promise<unknown>;
}

const CONFIRMED = 'confirmation';

/** Asks for what an action needs, and does it. @returns whether it was done. */
export function ask({
  title,
  about,
  fields = [],
  word,
  action,
  tone = 'primary',
  act,
}: Asked): Promise<boolean> {
  const dialog = document.getElementById('dialog') as HTMLDialogElement;
  const whole: Field[] = [
    ...fields,
    ...(word === undefined
      ? []
      : [{ name: CONFIRMED, label: `Type ${word} to confirm`, required: true }]),
  ];
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const go = h('button', { class: tone }, action);
  const form = h(
    'form',
    { method: 'dialog', class: 'form' },
    h('h2', { id: 'dialog-title' }, title),
    about.map((part) => (typeof part === 'string' ? h('p', {}, part) : part)),
    whole.map(fieldOf),
    problem,
    h(
      'div',
      { class: 'actions' },
      button('Cancel', 'plain', () => dialog.close()),
      go,
    ),
  );
  return new Promise((resolve) => {
    let isDone = false;
    const fail = (message: string) => {
      problem.textContent = message;
      problem.hidden = false;
    };
    const finish = async (given: Readonly<Record<string, string>>) => {
      go.disabled = true;
      try {
        await act(given);
        isDone = true;
        dialog.close();
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
      } finally {
        go.disabled = false;
      }
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const given = Object.fromEntries(fields.map(({ name }) => [name, textIn(form, name)]));
      if (word !== undefined && textIn(form, CONFIRMED) !== word)
        return fail(`That is not ${word}.`);
      void finish(given);
    });
    dialog.replaceChildren(form);
    dialog.addEventListener('close', () => resolve(isDone), { once: true });
    dialog.showModal();
  });
}

/** What somebody wrote into a field, without spaces around it. */
export function textIn(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
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
  const control =
    type === 'textarea'
      ? h('textarea', { ...common, rows: 8, spellcheck: 'false' }, value)
      : type === 'select'
        ? h(
            'select',
            common,
            options.map((option) =>
              h('option', { value: option, selected: option === value }, option),
            ),
          )
        : h('input', { ...common, ...bounds, type, value, autocomplete: 'off' });
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    control,
    hint !== undefined && h('small', { id: hinted }, hint),
  );
}
