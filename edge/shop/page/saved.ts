import type { Client } from '../../client/types.ts';
import { picture } from './art.ts';
import { saveButton } from './cards.ts';
import type { Endpoints } from './crowd/crowd.ts';
import { h } from './dom.ts';
import { lineOf, titleOf } from './trip-words.ts';
import type { Speech } from './words/language.ts';

const NAME = 'shop:saved';

/** Trips that the visitor saved. The device keeps them once the visitor has agreed to anything; else this page alone. */
export function savedTrips(client: Client, edge: Pick<Endpoints, 'tripsOf'>) {
  let speech: Speech;
  const ids = new Set<string>(client.consent === 'none' ? [] : read());
  const counter = h('button', { type: 'button', class: 'quiet', id: 'saved' });
  counter.addEventListener('click', () => void showAll());

  function keep(): void {
    try {
      if (client.consent === 'none') localStorage.removeItem(NAME);
      else localStorage.setItem(NAME, JSON.stringify([...ids]));
    } catch {
      // The browser stores nothing: the page still knows.
    }
  }

  function toggle(id: string): void {
    if (!ids.delete(id)) ids.add(id);
    keep();
    tell();
    // Every button of this trip: on its card, in its window and in the list.
    const selector = `[data-trimtab-item="${CSS.escape(id)}"] .save, .save[data-saves="${CSS.escape(id)}"]`;
    for (const button of document.querySelectorAll<HTMLElement>(selector)) {
      const isSaved = ids.has(id);
      button.setAttribute('aria-pressed', String(isSaved));
      button.title = isSaved ? speech.words.unsave : speech.words.save;
      button.dataset.trimtabAction = isSaved ? 'none' : 'save';
      button.firstElementChild!.textContent = isSaved ? '♥' : '♡';
    }
  }

  function tell(): void {
    counter.textContent = speech.words.saved(ids.size);
  }

  async function showAll(): Promise<void> {
    const trips = await edge.tripsOf([...ids]);
    const { words, money } = speech;
    const close = h('button', { type: 'button', class: 'icon', 'aria-label': words.close }, '✕');
    const dialog = h(
      'dialog',
      { class: 'list', 'aria-labelledby': 'saved-title' },
      h('div', { class: 'heading' }, h('h2', { id: 'saved-title' }, words.saved(ids.size)), close),
      ids.size === 0 && h('p', { class: 'muted' }, words.nothingSaved),
      h(
        'ul',
        {},
        [...ids].flatMap((id) => {
          const trip = trips.get(id);
          if (trip === undefined) return [];
          const title = titleOf(speech, trip);
          const save = saveButton(speech, id, title, {
            isSaved: (one) => ids.has(one),
            save: toggle,
          });
          save.dataset.saves = id;
          return h(
            'li',
            {},
            h('div', { class: 'art' }, picture(trip)),
            h(
              'div',
              {},
              h('h3', {}, title),
              h('p', { class: 'line' }, lineOf(speech, trip)),
              h('p', { class: 'price' }, trip.price === undefined ? '' : money(trip.price)),
            ),
            save,
          );
        }),
      ),
    );
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  return {
    has: (id: string): boolean => ids.has(id),
    toggle,
    /** To be told after each change, as what was agreed to decides where they are kept. */
    consentChanged: keep,
    button(now: Speech): HTMLElement {
      speech = now;
      tell();
      return counter;
    },
  };
}

function read(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(NAME) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
