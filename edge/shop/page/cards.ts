import type { Ranked, RankedItem } from '../../client/types.ts';
import { picture } from './art.ts';
import { h } from './dom.ts';
import { reasonWords, type Reason } from './reasons.ts';
import { lineOf, titleOf } from './trip-words.ts';
import type { Trip } from './trip.ts';
import type { Speech } from './words/language.ts';

export interface Card {
  readonly item: RankedItem;
  readonly trip: Trip;
  /** Its place in the ranking before, where what the visitor did between them is shown. */
  readonly before?: number;
  readonly isNewlyRanked: boolean;
  /** Points for what the visitor did before, of `historyPoints`. */
  readonly history: number;
}

export interface CardActions {
  readonly isSaved: (id: string) => boolean;
  readonly save: (id: string) => void;
  readonly dismiss: (id: string) => void;
  readonly open: (card: Card, at: 'top' | 'why') => void;
}

/** Points that are too few to be seen in one decimal are not worth a badge. */
export const LEAST_POINTS = 0.1;
const TOP_REASONS = 3;

/** The list of a ranking: by its attributes the client knows what is seen, clicked and saved of which ranking. */
export const cardList = (
  speech: Speech,
  ranking: Pick<Ranked, 'rankingId'>,
  cards: readonly Card[],
  actions: CardActions,
): HTMLElement =>
  h(
    'ol',
    { class: 'cards', 'data-trimtab-ranking': ranking.rankingId },
    cards.map((card) => cardOf(speech, card, actions)),
  );

function cardOf(speech: Speech, card: Card, actions: CardActions): HTMLElement {
  const { words, money } = speech;
  const { item, trip, before, isNewlyRanked, history } = card;
  const title = titleOf(speech, trip);
  const rise = before === undefined ? 0 : before - item.position;
  const open = h('button', { type: 'button', class: 'open' }, title);
  open.addEventListener('click', () => actions.open(card, 'top'));
  // The title's click is the item's click; what stands below it asks for reasons, which is none.
  const why = h(
    'button',
    { type: 'button', class: 'quiet', 'data-trimtab-action': 'none' },
    words.why,
    h('span', { class: 'unseen' }, ` ${title}`),
  );
  why.addEventListener('click', () => actions.open(card, 'why'));
  return h(
    'li',
    { class: 'card', 'data-trimtab-item': item.id },
    h(
      'div',
      { class: 'art' },
      picture(trip),
      h('span', { class: 'place' }, String(item.position)),
      words.status[trip.status ?? ''] && h('span', { class: 'tag' }, words.status[trip.status!]),
      h(
        'div',
        { class: 'marks' },
        saveButton(speech, item.id, title, actions),
        dismissButton(speech, item.id, title, actions),
      ),
    ),
    h(
      'div',
      { class: 'about' },
      h('h3', {}, open),
      h('p', { class: 'line' }, lineOf(speech, trip)),
      facts(speech, trip),
      isNewlyRanked &&
        history >= LEAST_POINTS &&
        h(
          'p',
          { class: 'moved' },
          h('strong', {}, words.sinceClick(speech.points(history))),
          rise > 0 && h('span', {}, ` · ${words.up(rise)}`),
        ),
      h(
        'ul',
        { class: 'reasons' },
        topReasons(item.reasons).map((reason) =>
          h(
            'li',
            {},
            `${reasonWords(reason).feature}: ${reasonWords(reason).because} `,
            h('b', {}, speech.points(reason.points)),
          ),
        ),
      ),
      h(
        'div',
        { class: 'foot' },
        h(
          'p',
          { class: 'price' },
          trip.price === undefined ? '' : money(trip.price),
          h('small', {}, ` ${words.perPerson}`),
        ),
        why,
      ),
    ),
  );
}

export function facts({ words, day }: Speech, trip: Trip): HTMLElement {
  const { difficulty, durationDays, departure } = trip;
  return h(
    'ul',
    { class: 'facts' },
    durationDays !== undefined && h('li', {}, words.duringDays(durationDays)),
    departure !== undefined && h('li', {}, words.departs(day(departure))),
    difficulty !== undefined &&
      h(
        'li',
        {},
        h('span', { class: 'unseen' }, words.level(difficulty)),
        h(
          'span',
          { class: 'dots', 'aria-hidden': 'true' },
          '●'.repeat(difficulty) + '○'.repeat(5 - difficulty),
        ),
      ),
  );
}

/** Those that lift it most; what every trip has tells nothing of this one. */
const topReasons = (reasons: readonly Reason[] = []): readonly Reason[] =>
  reasons
    .filter(({ feature, points }) => feature !== 'base' && points > 0)
    .toSorted((a, b) => b.points - a.points)
    .slice(0, TOP_REASONS);

export function saveButton(
  { words }: Speech,
  id: string,
  title: string,
  { isSaved, save }: Pick<CardActions, 'isSaved' | 'save'>,
): HTMLElement {
  const saved = isSaved(id);
  const button = h(
    'button',
    {
      type: 'button',
      class: 'icon save',
      'aria-pressed': String(saved),
      'aria-label': `${words.save}: ${title}`,
      title: saved ? words.unsave : words.save,
      // Taking it back is no save.
      'data-trimtab-action': saved ? 'none' : 'save',
    },
    h('span', { 'aria-hidden': 'true' }, saved ? '♥' : '♡'),
  );
  button.addEventListener('click', () => save(id));
  return button;
}

function dismissButton(
  { words }: Speech,
  id: string,
  title: string,
  { dismiss }: CardActions,
): HTMLElement {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'icon',
      'aria-label': `${words.notForMe}: ${title}`,
      title: words.notForMe,
      'data-trimtab-action': 'not_interested',
    },
    h('span', { 'aria-hidden': 'true' }, '✕'),
  );
  button.addEventListener('click', () => dismiss(id));
  return button;
}
