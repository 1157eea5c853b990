import type { Client } from './types.ts';

/**
 * Ranks the items of each element with `data-trimtab-list` and puts them into that order, each in the place of another. They stay in
 * the page's own order where no ranking comes in time. `data-trimtab-list` may name the placement, and `data-trimtab-preferences`
 * holds the visitor's wishes as JSON.
 */
export function orderLists(client: Client): void {
  for (const list of document.querySelectorAll<HTMLElement>('[data-trimtab-list]'))
    void orderList(client, list);
}

async function orderList(client: Client, list: HTMLElement): Promise<void> {
  const elements = [...list.querySelectorAll<HTMLElement>('[data-trimtab-item]')];
  if (!elements.length) return;
  const idOf = (element: HTMLElement) => element.dataset.trimtabItem!;
  const { trimtabList, trimtabPreferences } = list.dataset;
  const { ranked, items, rankingId } = await client.rank({
    candidates: elements.map(idOf),
    placement: trimtabList || undefined,
    preferences: JSON.parse(trimtabPreferences || '{}'),
  });
  if (!ranked) return;
  const slots = items.map(({ id }) => id);
  // What is not in the slate comes behind it.
  const slotOf = (element: HTMLElement) => (slots.indexOf(idOf(element)) + 1 || 1e9) - 1;
  const ordered = elements.toSorted((a, b) => slotOf(a) - slotOf(b));
  const places = elements.map((element) => {
    const place = new Comment();
    element.replaceWith(place);
    return place;
  });
  places.forEach((place, i) => place.replaceWith(ordered[i]));
  list.dataset.trimtabRanking = rankingId;
}
