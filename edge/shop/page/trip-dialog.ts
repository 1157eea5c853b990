import type { Ranked } from '../../client/types.ts';
import { picture } from './art.ts';
import { facts, saveButton, type Card, type CardActions } from './cards.ts';
import { h } from './dom.ts';
import { reasonWords } from './reasons.ts';
import { lineOf, titleOf } from './trip-words.ts';
import type { Trip } from './trip.ts';
import type { Speech } from './words/language.ts';

export interface TripActions extends Pick<CardActions, 'isSaved' | 'save'> {
  /** @param euro what the booking is worth. */
  readonly book: (id: string, euro: number) => void;
}

/** Points that are less show as 0. */
const LEAST_SHOWN = 0.05;
/** Of the price, for each traveller. */
const INSURANCE = 0.05;
const MOST_TRAVELLERS = 8;

/**
 * The window of one trip: what it is, why it stands where it does, and what a visitor can do about it. It has `data-trimtab-detail`, so
 * that the client measures for how long it is looked at.
 * @param related trips that are like it; they stand behind its article, as what happens there is not of this trip.
 */
export function tripDialog(
  speech: Speech,
  { rankingId, weights }: Pick<Ranked, 'rankingId' | 'weights'>,
  { item, trip }: Card,
  actions: TripActions,
  related: HTMLElement,
): HTMLDialogElement {
  const { words, money } = speech;
  const title = titleOf(speech, trip);
  const close = h(
    'button',
    { type: 'button', class: 'icon close', 'aria-label': words.close },
    '✕',
  );
  const contact = h('button', { type: 'button', 'data-trimtab-action': 'contact' }, words.contact);
  const answer = h('p', { class: 'answer', role: 'status' });
  const booking = bookingForm(speech, trip, (euro) => {
    actions.book(item.id, euro);
    answer.textContent = words.booked(money(euro));
  });
  const book = h(
    'button',
    { type: 'button', class: 'primary', 'data-trimtab-action': 'booking_start' },
    words.book,
  );
  book.addEventListener('click', () => {
    booking.hidden = false;
    book.hidden = true;
    booking.querySelector('input')!.focus();
  });
  contact.addEventListener('click', () => {
    answer.textContent = words.contacted;
    contact.disabled = true;
  });
  const dialog = h(
    'dialog',
    { class: 'trip', 'aria-labelledby': 'trip-title' },
    h(
      'article',
      {
        'data-trimtab-item': item.id,
        'data-trimtab-detail': true,
        'data-trimtab-ranking': rankingId,
      },
      h('div', { class: 'art' }, picture(trip), close),
      h(
        'div',
        { class: 'about' },
        h('h2', { id: 'trip-title', tabindex: -1 }, title),
        h('p', { class: 'line' }, lineOf(speech, trip)),
        facts(speech, trip),
        h(
          'div',
          { class: 'foot' },
          h(
            'p',
            { class: 'price' },
            trip.price === undefined ? '' : money(trip.price),
            h('small', {}, ` ${words.perPerson}`),
          ),
          saveButton(speech, item.id, title, actions),
          contact,
          book,
        ),
        booking,
        answer,
        h('h3', { id: 'trip-why' }, words.whyOf(title)),
        h('p', { class: 'muted' }, words.whyIntro(speech.number(item.score ?? 0, 1), weights)),
        reasonsTable(speech, item.reasons ?? []),
      ),
    ),
    related,
  );
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', ({ target }) => {
    // Beside the window.
    if (target === dialog) dialog.close();
  });
  return dialog;
}

function reasonsTable(speech: Speech, reasons: NonNullable<Card['item']['reasons']>): HTMLElement {
  const { words } = speech;
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-labelledby': 'trip-why', tabindex: 0 },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, words.feature),
          h('th', { scope: 'col' }, words.because),
          h('th', { scope: 'col', class: 'number' }, words.pointsHead),
        ),
      ),
      h(
        'tbody',
        {},
        reasons.map((reason) => {
          const { feature, because } = reasonWords(reason);
          const { points } = reason;
          return h(
            'tr',
            {},
            h('th', { scope: 'row' }, feature),
            h('td', {}, because),
            h(
              'td',
              { class: points <= -LEAST_SHOWN ? 'number less' : 'number' },
              speech.points(points),
            ),
          );
        }),
      ),
    ),
  );
}

/** Nothing that is typed leaves the page: the client tells only which fields are filled in, and what the booking is worth. */
function bookingForm(
  { words, money }: Speech,
  { price = 0 }: Trip,
  onBooked: (euro: number) => void,
): HTMLFormElement {
  const name = h('input', {
    id: 'book-name',
    required: true,
    autocomplete: 'off',
    'data-trimtab-field': 'name',
  });
  const travellers = h(
    'select',
    { id: 'book-travellers', 'data-trimtab-field': 'travellers' },
    Array.from({ length: MOST_TRAVELLERS }, (_, i) => h('option', {}, String(i + 1))),
  );
  const insurance = h('input', {
    id: 'book-insurance',
    type: 'checkbox',
    'data-trimtab-field': 'insurance',
  });
  const total = h('output', { for: 'book-travellers book-insurance' });
  const euro = () =>
    Math.round(price * Number(travellers.value) * (insurance.checked ? 1 + INSURANCE : 1));
  const tell = () => {
    total.textContent = words.total(money(euro()));
  };
  const form = h(
    'form',
    { class: 'booking', 'data-trimtab-form': 'booking', hidden: true },
    h('p', { class: 'muted' }, words.noMoney),
    h('div', { class: 'field' }, h('label', { for: name.id }, words.name), name),
    h('div', { class: 'field' }, h('label', { for: travellers.id }, words.travellers), travellers),
    h('label', { class: 'check', for: insurance.id }, insurance, ` ${words.insurance}`),
    h('p', { class: 'total' }, total),
    h('button', { class: 'primary' }, words.confirm),
  );
  tell();
  form.addEventListener('change', tell);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    form.hidden = true;
    onBooked(euro());
  });
  return form;
}
