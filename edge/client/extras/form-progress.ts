import type { Client } from '../types.ts';
import { onLeaving } from './leaving.ts';

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/**
 * Records how much of each form with `data-trimtab-form="name"` is filled in, 0 to 1, when it is sent or the page is left. Only fields with
 * `data-trimtab-field` count, and only their names are told: of no field is it told what is in it. @returns stops it.
 */
export function trackForms(client: Client): () => void {
  const reported = new WeakMap<HTMLFormElement, number>();
  const report = (form: HTMLFormElement) => {
    const fields = [...form.querySelectorAll<Field>('[data-trimtab-field]')];
    const filled = fields.filter(isFilled);
    const value = filled.length / fields.length;
    if (!(value > (reported.get(form) ?? 0))) return;
    const isRecorded = client.track('form_progress', {
      itemId: form.closest<HTMLElement>('[data-trimtab-item]')?.dataset.trimtabItem,
      value,
      properties: {
        form: form.dataset.trimtabForm || 'unnamed',
        fields: filled.map(nameOf).join(',').slice(0, 1024),
      },
    });
    if (isRecorded) reported.set(form, value);
  };
  const sent = ({ target }: Event) => {
    if (target instanceof HTMLFormElement && 'trimtabForm' in target.dataset) report(target);
  };
  const stopLeaving = onLeaving(() =>
    document.querySelectorAll<HTMLFormElement>('form[data-trimtab-form]').forEach(report),
  );
  document.addEventListener('submit', sent, true);
  return () => {
    document.removeEventListener('submit', sent, true);
    stopLeaving();
  };
}

const isFilled = (field: Field) =>
  field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type)
    ? field.checked
    : field.value !== '';

const nameOf = (field: Field) => field.dataset.trimtabField || field.name;
