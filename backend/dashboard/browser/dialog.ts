import { Refused } from './api.ts';
import { button, h, type Child } from './dom.ts';
import { controlOf, fieldOf, sayAt, withdraw, type Field } from './field.ts';

export interface Asked {
  readonly title: string;
  /** What will happen. */
  readonly about: readonly Child[];
  /** Or elements that hold fields. Each is named as the route names it, so that what is refused is said beside it. */
  readonly fields?: readonly (Field | HTMLElement)[];
  /** Has to be typed, so that nobody does this by a slip. */
  readonly word?: string;
  readonly action: string;
  readonly tone?: 'primary' | 'danger';
  /** For more fields than fit below one another. */
  readonly isWide?: boolean;
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
  isWide = false,
  act,
}: Asked): Promise<boolean> {
  const dialog = document.getElementById('dialog') as HTMLDialogElement;
  const whole: (Field | HTMLElement)[] = [
    ...fields,
    ...(word === undefined
      ? []
      : [{ name: CONFIRMED, label: `Type ${word} to confirm`, required: true }]),
  ];
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const go = h('button', { class: tone }, action);
  const form = h(
    'form',
    // What a browser finds is said as what a route refuses is: beside the field, and all of it at once.
    { method: 'dialog', class: 'form', novalidate: true },
    h('h2', { id: 'dialog-title' }, title),
    about.map((part) => (typeof part === 'string' ? h('p', {}, part) : part)),
    whole.map((field) => (field instanceof HTMLElement ? field : fieldOf(field))),
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
    /** @param problems of fields; the first one gets the focus. */
    const failAt = (problems: readonly (readonly [HTMLElement, string])[]) => {
      for (const [control, message] of problems) sayAt(control, message);
      problems[0]?.[0].focus();
    };
    const finish = async (given: Readonly<Record<string, string>>) => {
      go.disabled = true;
      try {
        await act(given);
        isDone = true;
        dialog.close();
      } catch (error) {
        const parts = error instanceof Refused ? error.parts : [];
        const known = parts.flatMap(({ path, message }) => {
          const control = controlOf(form, path);
          return control === undefined ? [] : [[control, message] as const];
        });
        if (known.length === 0 || known.length < parts.length)
          fail(error instanceof Error ? error.message : String(error));
        failAt(known);
      } finally {
        go.disabled = false;
      }
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      withdraw(form);
      problem.hidden = true;
      const wrong = [...form.elements].filter(
        (control): control is HTMLInputElement =>
          'validity' in control && !(control as HTMLInputElement).validity.valid,
      );
      if (wrong.length > 0)
        return failAt(wrong.map((control) => [control, control.validationMessage]));
      if (word !== undefined && textIn(form, CONFIRMED) !== word)
        return failAt([[controlOf(form, CONFIRMED)!, `That is not ${word}.`]]);
      void finish(given(form));
    });
    dialog.replaceChildren(form);
    dialog.classList.toggle('wide', isWide);
    dialog.addEventListener('close', () => resolve(isDone), { once: true });
    dialog.showModal();
  });
}

const given = (form: HTMLFormElement): Record<string, string> =>
  Object.fromEntries([...new FormData(form).keys()].map((name) => [name, textIn(form, name)]));

/** What somebody wrote into a field, without spaces around it. */
export function textIn(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
}
