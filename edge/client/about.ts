import type { About, Client } from './types.ts';

export type Track = Client['track'];

/** What an element with `data-trimtab-item` is about; the ranking is named on it or around it where a page shows several. */
export const aboutOf = (element: HTMLElement): About => ({
  itemId: element.dataset.trimtabItem,
  rankingId:
    element.closest<HTMLElement>('[data-trimtab-ranking]')?.dataset.trimtabRanking || undefined,
});
