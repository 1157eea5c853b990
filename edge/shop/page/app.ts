import type { Client, Ranked } from '../../client/types.ts';
import { cardList, LEAST_POINTS, type Card } from './cards.ts';
import { consentOf } from './consent.ts';
import { crowdPanel } from './crowd/panel.ts';
import { byId, h } from './dom.ts';
import { edgeAt } from './edge.ts';
import { historyPoints } from './reasons.ts';
import { relatedTrips } from './related-trips.ts';
import { savedTrips } from './saved.ts';
import { EMPTY, queryOf, type Search } from './search.ts';
import { searchForm } from './search-form.ts';
import { tripDialog } from './trip-dialog.ts';
import { titleOf } from './trip-words.ts';
import { chosenSpeech, speechChoices } from './words/chosen-speech.ts';

const SHOWN = 24;
/** From this width on there is room for search and crowd beside the trips. */
const WIDE = '(min-width: 900px)';

/** The page loads `/client.js` as any site's does. The shop has no order of its own to fall back on, so it waits for long. */
const { trimtab: client } = globalThis as unknown as { readonly trimtab: Client };
const { key = '' } = document.querySelector<HTMLScriptElement>('script[data-key]')!.dataset;
const edge = edgeAt(key);
const crowd = crowdPanel(edge, String(Date.now()));
const saved = savedTrips(client, edge);
const dismissed = new Set<string>();

let speech = chosenSpeech();
let search: Search = EMPTY;
let shown: { readonly ranking: Ranked; readonly cards: readonly Card[] } | undefined;
let asked = 0;

const consent = consentOf(client, () => {
  saved.consentChanged();
  showFooter();
  // What was ranked before the visitor agreed stays untracked.
  void rank();
});

/** What the visitor looked at just now, and where the trips stood then. */
interface Looked {
  readonly title: string;
  readonly places: ReadonlyMap<string, number>;
}

async function rank(looked?: Looked): Promise<void> {
  const number = ++asked;
  byId('results').setAttribute('aria-busy', 'true');
  const ranking = await client.rank({
    ...queryOf(search),
    exclude: [...dismissed],
    limit: SHOWN,
    explain: true,
    language: speech.code,
  });
  if (number !== asked) return;
  if (!ranking.ranked) return fail(ranking.error.message);
  const trips = await edge.tripsOf(ranking.items.map(({ id }) => id));
  if (number !== asked) return;
  const history = historyPoints(ranking.items);
  const cards = ranking.items.map((item, i) => ({
    item,
    trip: trips.get(item.id) ?? { id: item.id },
    before: looked?.places.get(item.id),
    isNewlyRanked: looked !== undefined,
    history: history[i],
  }));
  shown = { ranking, cards };
  showResults();
  say(looked === undefined ? '' : whatMoved(looked, cards));
}

function whatMoved({ title, places }: Looked, cards: readonly Card[]): string {
  const { words } = speech;
  const moved = cards.filter(({ history }) => history >= LEAST_POINTS);
  if (moved.length === 0) return words.notYet(title);
  const rise = ({ item: { id, position } }: Card) => (places.get(id) ?? position) - position;
  const [best] = moved.toSorted((a, b) => rise(b) - rise(a));
  const { id, position } = best.item;
  return [
    words.moved(title, moved.length),
    ...(rise(best) > 0 ? [words.rose(titleOf(speech, best.trip), places.get(id)!, position)] : []),
  ].join(' ');
}

function fail(why: string): void {
  const again = h('button', { type: 'button' }, speech.words.again);
  again.addEventListener('click', () => void rank());
  byId('results').removeAttribute('aria-busy');
  byId('trips').replaceChildren(h('p', { class: 'notice' }, speech.words.failed(why)), again);
}

function open(card: Card, at: 'top' | 'why', ranking = shown!.ranking): void {
  const { cards } = shown!;
  const related = relatedTrips(speech, client, edge, card.item.id, (next, of) => {
    dialog.close();
    open(next, 'top', of);
  });
  const actions = {
    isSaved: saved.has,
    save: saved.toggle,
    book: (itemId: string, value: number) =>
      client.track('booking', { itemId, rankingId: ranking.rankingId, value }),
  };
  const dialog = tripDialog(speech, ranking, card, actions, related);
  document.body.append(dialog);
  dialog.addEventListener('close', () => {
    dialog.remove();
    // Whoever asks why a trip is shown has not looked at it.
    if (at === 'why') return;
    if (client.consent !== 'personalise') return say(speech.words.notRemembered);
    void rank({
      title: titleOf(speech, card.trip),
      places: new Map(cards.map(({ item }) => [item.id, item.position])),
    });
  });
  dialog.showModal();
  const first = dialog.querySelector<HTMLElement>('#trip-title')!;
  first.focus({ preventScroll: true });
  if (at === 'why') dialog.querySelector('#trip-why')!.scrollIntoView();
}

function showResults(): void {
  const { words, number } = speech;
  byId('results').removeAttribute('aria-busy');
  if (shown === undefined) return;
  const { ranking, cards } = shown;
  const left = ranking.filters?.left;
  const focused = document.activeElement?.closest<HTMLElement>('.card')?.dataset.trimtabItem;
  byId('left').textContent = left === undefined ? '' : words.left(number(left));
  byId('trips').replaceChildren(
    cards.length === 0
      ? h('p', { class: 'notice' }, words.none)
      : cardList(speech, ranking, cards, {
          isSaved: saved.has,
          save: saved.toggle,
          dismiss(id) {
            dismissed.add(id);
            cardOf(id)?.remove();
          },
          open,
        }),
  );
  // Whoever was at a trip when it was ranked anew goes on there.
  if (focused !== undefined)
    cardOf(focused)?.querySelector('button')?.focus({ preventScroll: true });
}

const cardOf = (id: string) =>
  document.querySelector(`.card[data-trimtab-item="${CSS.escape(id)}"]`);

function say(text: string): void {
  byId('message').textContent = text;
}

async function forgetAll(): Promise<void> {
  await client.forget();
  saved.consentChanged();
  showFooter();
  say(speech.words.forgotten);
}

function showFooter(): void {
  const { words } = speech;
  const change = h('button', { type: 'button', class: 'quiet' }, words.consentChange);
  change.addEventListener('click', () => consent.ask(speech, true));
  const forget = h('button', { type: 'button', class: 'quiet' }, words.forget);
  forget.addEventListener('click', () => {
    void forgetAll();
  });
  byId('footer').replaceChildren(
    h('p', {}, words.about),
    h('p', {}, words.consentNow[client.consent], ' ', change, ' ', forget),
  );
}

/** Everything anew, as at the start and in another language. */
function showPage(): void {
  const { words, code } = speech;
  document.documentElement.lang = code;
  document.title = `${words.title} · ${words.tagline}`;
  const isWide = matchMedia(WIDE).matches;
  const form = () =>
    searchForm(speech, search, (next) => {
      search = next ?? EMPTY;
      if (next === undefined) byId('search').replaceWith(form());
      void rank();
    });
  document.body.replaceChildren(
    h('a', { class: 'skip', href: '#results' }, words.skip),
    h(
      'header',
      {},
      h('div', { class: 'brand' }, h('h1', {}, words.title), h('p', {}, words.tagline)),
      h(
        'div',
        { class: 'choices' },
        speechChoices(speech, (next) => {
          const isOther = next.code !== speech.code;
          speech = next;
          showPage();
          // Reasons come in the language that was asked for.
          if (isOther) void rank();
        }),
        saved.button(speech),
      ),
    ),
    h(
      'main',
      {},
      h(
        'aside',
        { 'aria-label': words.search },
        h('details', { open: isWide, class: 'panel' }, h('summary', {}, words.search), form()),
        h(
          'details',
          { open: isWide, class: 'panel', id: 'backstage' },
          h('summary', {}, words.backstage),
          crowd.element(speech),
        ),
      ),
      h(
        'section',
        { id: 'results', tabindex: -1, 'aria-labelledby': 'results-title' },
        h(
          'div',
          { class: 'heading' },
          h('h2', { id: 'results-title' }, words.results),
          h('p', { id: 'left', class: 'muted' }),
        ),
        h('p', { id: 'message', role: 'status' }),
        h('div', { id: 'trips' }, h('p', { class: 'muted' }, words.ranking)),
      ),
    ),
    h('footer', { id: 'footer' }),
  );
  showFooter();
  showResults();
  consent.ask(speech);
}

showPage();
void rank();
