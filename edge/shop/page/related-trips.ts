import type { Client, Ranked } from '../../client/types.ts';
import { picture } from './art.ts';
import type { Card } from './cards.ts';
import type { Endpoints } from './crowd/crowd.ts';
import { h } from './dom.ts';
import { lineOf, titleOf } from './trip-words.ts';
import type { Speech } from './words/language.ts';

const SHOWN = 4;
/** Nothing waits for it, so that it may come late. */
const TIMEOUT_MS = 20_000;

/**
 * Trips that are like one, ranked for a placement of their own, so that what is clicked of them is known to be of that list. Nothing is shown where nothing is like it, or
 * that is not known yet.
 */
export function relatedTrips(
  speech: Speech,
  client: Pick<Client, 'rank'>,
  edge: Pick<Endpoints, 'tripsOf'>,
  id: string,
  open: (card: Card, ranking: Ranked) => void,
): HTMLElement {
  const { words, money } = speech;
  const section = h('section', {
    class: 'related',
    'aria-labelledby': 'trip-related',
    hidden: true,
  });
  const fill = async () => {
    const ranking = await client.rank({
      related: id,
      placement: 'related',
      limit: SHOWN,
      explain: true,
      timeoutMs: TIMEOUT_MS,
    });
    if (!ranking.ranked || ranking.items.length === 0) return;
    if (ranking.related === undefined || ranking.related.neighbours === 0) return;
    const trips = await edge.tripsOf(ranking.items.map((item) => item.id));
    section.replaceChildren(
      h('h3', { id: 'trip-related' }, words.related),
      h(
        'ol',
        { 'data-trimtab-ranking': ranking.rankingId },
        ranking.items.map((item) => {
          const trip = trips.get(item.id) ?? { id: item.id };
          const button = h('button', { type: 'button', class: 'open' }, titleOf(speech, trip));
          button.addEventListener('click', () =>
            open({ item, trip, isNewlyRanked: false, history: 0 }, ranking),
          );
          return h(
            'li',
            { 'data-trimtab-item': item.id },
            h('div', { class: 'art' }, picture(trip)),
            button,
            h('p', { class: 'line' }, lineOf(speech, trip)),
            h('p', { class: 'price' }, trip.price === undefined ? '' : money(trip.price)),
          );
        }),
      ),
    );
    section.hidden = false;
  };
  void fill();
  return section;
}
