import type { HeldRankings } from './held-rankings.ts';
import type { About, Client } from './types.ts';

export type Track = Client['track'];
export type AboutOf = (element: HTMLElement) => About;

export const isDetail = (element: HTMLElement): boolean => 'trimtabDetail' in element.dataset;

/**
 * What an element with `data-trimtab-item` is about: the ranking that is named on it or around it. Else in a list this page's newest with the item, as a
 * ranking of another page did not put it there; of an item's own page the one that led to it. Empty where there is none.
 */
export const aboutIn =
  ({ find, shown }: Pick<HeldRankings, 'find' | 'shown'>): AboutOf =>
  (element) => {
    const itemId = element.dataset.trimtabItem;
    const named = element.closest<HTMLElement>('[data-trimtab-ranking]')?.dataset.trimtabRanking;
    return { itemId, rankingId: named || ((isDetail(element) ? find : shown)(itemId)?.id ?? '') };
  };
